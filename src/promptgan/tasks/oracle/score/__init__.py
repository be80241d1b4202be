"""What training validates sequences by."""
