"""Adversarial training by Gumbel-softmax."""
