"""Layers in which every unit sees every pixel."""
