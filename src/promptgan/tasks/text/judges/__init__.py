"""What evaluation measures answers with."""
