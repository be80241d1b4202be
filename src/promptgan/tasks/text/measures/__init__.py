"""What answers are measured by on test."""
