"""What the adversarial methods share."""
