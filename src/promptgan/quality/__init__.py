"""Which records are good enough to train on, and which split each belongs to."""
