"""How an attack changes a word of a text, one file each."""
