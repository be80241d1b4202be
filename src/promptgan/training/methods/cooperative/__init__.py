"""Cooperative adversarial training of a text generator."""
