"""Sentences of one style into the other, with their content kept, learnt from unpaired ones."""
