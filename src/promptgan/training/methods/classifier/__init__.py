"""Training of a classifier of texts."""
