"""Arrays of fixed shape."""
