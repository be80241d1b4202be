"""A transformer generator."""
