"""What evaluation judges labels with."""
