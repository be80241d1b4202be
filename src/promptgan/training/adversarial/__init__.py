"""A folder of choices: one adversarial training loop per file, named by train.method."""
