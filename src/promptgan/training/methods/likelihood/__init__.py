"""Likelihood training."""
