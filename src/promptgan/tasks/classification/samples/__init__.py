"""The room `samples`: what a classifier says of texts, and of texts that were changed to mislead it."""
