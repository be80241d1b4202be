"""A recurrent generator that reads no prompt."""
