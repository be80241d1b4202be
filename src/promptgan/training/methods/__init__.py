"""Ways of training: one folder per method."""
