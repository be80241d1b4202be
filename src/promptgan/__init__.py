"""Adversarial training of generative models as an auditable DVC pipeline."""
