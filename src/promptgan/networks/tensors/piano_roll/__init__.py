"""Convolutions over the time of piano rolls."""
