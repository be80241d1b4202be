"""Texts and their labels: does what adversarial training makes help a classifier?"""
