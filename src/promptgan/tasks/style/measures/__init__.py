"""Measuring transfers."""
