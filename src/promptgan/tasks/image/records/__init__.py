"""Raw images to canonical records."""
