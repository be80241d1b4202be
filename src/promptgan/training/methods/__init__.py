"""A folder of choices: one training loop per file."""
