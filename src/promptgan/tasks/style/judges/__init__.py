"""What evaluation judges styles with."""
