"""Residual networks from image to image."""
