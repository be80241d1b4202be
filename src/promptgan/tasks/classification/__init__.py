"""Texts to labels: what generated and perturbed samples do for a classifier, on clean text, few labels and attacks."""
