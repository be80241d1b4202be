"""For a phase that a recipe has not."""
