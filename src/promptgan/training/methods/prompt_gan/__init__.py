"""A classifier that learns from the texts of a text GAN too."""
