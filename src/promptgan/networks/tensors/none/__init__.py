"""For a role that a recipe has not."""
