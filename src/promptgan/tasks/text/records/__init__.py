"""Raw pairs to canonical records."""
