"""Strided convolutions."""
