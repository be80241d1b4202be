"""The groups of the `promptgan` command, one file each."""
