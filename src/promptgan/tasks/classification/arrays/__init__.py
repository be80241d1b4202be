"""Records to arrays of token ids."""
