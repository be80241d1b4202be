"""A generator with a relational memory."""
