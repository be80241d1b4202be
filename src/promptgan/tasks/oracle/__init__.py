"""Sequences of a known random network, by which a generator is judged exactly."""
