"""Learning by counting."""
