"""Measures of texts as lists of words."""
