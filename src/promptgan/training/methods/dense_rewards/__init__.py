"""Adversarial training of a text generator by a reward for every token."""
