"""Drawn sequences to canonical records."""
