"""A folder of choices: one data set per file, named by data.name."""
