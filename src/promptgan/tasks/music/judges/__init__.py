"""What evaluation measures with."""
