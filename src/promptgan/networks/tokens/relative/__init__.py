"""A transformer that attends by distance."""
