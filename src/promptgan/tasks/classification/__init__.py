"""Labelled texts: does what is generated, or perturbed, make a classifier better?"""
