"""Unpaired translation of images."""
