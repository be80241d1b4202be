"""Losses as pure functions of logits."""
