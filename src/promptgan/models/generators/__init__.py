"""A folder of choices: one family of generators per file, named by model.name."""
