"""Metrics per modality and the curves they form."""
