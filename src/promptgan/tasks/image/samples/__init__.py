"""Images drawn of every model."""
