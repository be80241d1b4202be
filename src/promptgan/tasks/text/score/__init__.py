"""What training validates answers by."""
