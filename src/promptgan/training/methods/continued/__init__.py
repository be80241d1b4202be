"""Likelihood training that goes on from a model that serves, with replay of what it knows."""
