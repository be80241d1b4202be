"""What evaluation measures images with."""
