"""Training loops and what they share: pairs, checkpoints, health."""
