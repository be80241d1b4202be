"""Unpaired transfer between two styles."""
