"""The one training loop: what all methods share."""
