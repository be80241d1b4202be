"""Passages of pieces to canonical records."""
