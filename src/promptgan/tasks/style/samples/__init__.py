"""Sentences in the other style, drawn and shown."""
