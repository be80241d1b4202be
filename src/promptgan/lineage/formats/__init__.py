"""Lineage formats: one file per choice of `promptgan lineage export --format`, each with `export(evidence) -> str`."""
