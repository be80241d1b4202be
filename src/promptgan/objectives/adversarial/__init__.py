"""A folder of choices: one adversarial objective per file, named by train.objective."""
