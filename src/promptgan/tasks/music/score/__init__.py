"""What training validates music by."""
