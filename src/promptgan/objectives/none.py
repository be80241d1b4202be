"""No objective: for a recipe without an adversarial phase."""
