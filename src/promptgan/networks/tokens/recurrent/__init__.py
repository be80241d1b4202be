"""Recurrent networks with attention over the prompt."""
