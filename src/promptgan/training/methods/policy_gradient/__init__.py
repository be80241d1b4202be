"""Adversarial training of a text generator by policy gradient."""
