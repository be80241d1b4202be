"""Sampling from a trained generator: a folder of choices, one file per modality."""
