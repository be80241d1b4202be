"""Variational autoencoding of texts."""
