"""Records to token ids, and back."""
