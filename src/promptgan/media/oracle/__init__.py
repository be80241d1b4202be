"""Sequences of an oracle are numbers."""
