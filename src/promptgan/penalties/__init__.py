"""Penalties on the slope of a discriminator: one file each."""
