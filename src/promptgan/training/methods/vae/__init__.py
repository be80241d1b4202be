"""Variational autoencoding."""
