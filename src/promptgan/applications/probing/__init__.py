"""What a model associates with what: WEAT over its embeddings."""
