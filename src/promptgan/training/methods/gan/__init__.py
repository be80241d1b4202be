"""Generative adversarial training."""
