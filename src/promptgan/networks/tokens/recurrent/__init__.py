"""A recurrent generator."""
