"""The links that `promptgan lineage verify` examines, one kind in each file."""
