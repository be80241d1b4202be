"""Autoencoding beyond pixels."""
