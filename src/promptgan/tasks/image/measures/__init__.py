"""What images are measured by."""
