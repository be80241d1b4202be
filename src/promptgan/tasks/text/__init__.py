"""Text: an answer to a prompt."""
