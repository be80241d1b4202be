"""How data sets hold images."""
