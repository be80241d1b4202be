"""Labelled texts to canonical records."""
