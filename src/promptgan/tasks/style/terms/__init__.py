"""What the rooms of this task speak of in common: nothing, so far."""
