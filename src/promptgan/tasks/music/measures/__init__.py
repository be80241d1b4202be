"""What generated music is measured by."""
