"""Sequences drawn of every model."""
