"""What training validates classifiers by."""
