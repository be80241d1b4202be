"""What training validates images by."""
