"""Pinned raw data: sources, archives, provenance and one file per data set."""
