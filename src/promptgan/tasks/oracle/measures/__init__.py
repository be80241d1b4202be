"""Measuring sequences."""
