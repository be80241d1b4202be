"""What words, splits, systems, metrics and their comparison are: one list each, for every task."""
