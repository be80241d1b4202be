"""Training loops and what they share: batches, checkpoints, health."""
