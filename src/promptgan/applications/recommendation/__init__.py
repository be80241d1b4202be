"""Recommendation from item texts: what somebody may like next, by the texts of what they liked."""
