"""What is measured of samples: one file per modality, and what they share."""
