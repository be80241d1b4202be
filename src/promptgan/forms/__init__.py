"""What examples are to a network: one folder per form."""
