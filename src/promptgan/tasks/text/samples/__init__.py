"""Answers, drawn and shown."""
