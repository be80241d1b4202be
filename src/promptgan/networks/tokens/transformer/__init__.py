"""Transformers that read prompt and text as one sequence."""
