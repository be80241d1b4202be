"""A pretrained causal language model."""
