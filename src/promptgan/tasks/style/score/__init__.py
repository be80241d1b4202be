"""What training validates transfers by."""
