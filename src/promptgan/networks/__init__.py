"""Networks by form, and the folder that a model is kept in."""
