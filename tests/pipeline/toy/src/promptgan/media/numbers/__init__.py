"""Numbers are numbers."""
