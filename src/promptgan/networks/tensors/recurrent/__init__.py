"""LSTMs over the columns of arrays."""
