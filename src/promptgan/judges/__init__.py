"""What evaluation measures with, fitted on a split that no generator sees."""
