"""The room `measures`: how often a classifier is right, how well it knows, and what it takes to mislead it."""
