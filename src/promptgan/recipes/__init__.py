"""What params.yaml may say: the schema of every section, combinations, and the presets that are written into it."""
