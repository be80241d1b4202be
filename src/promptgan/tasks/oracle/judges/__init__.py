"""What evaluation measures sequences with: nothing is fitted."""
