"""Labelled sentences to canonical records."""
