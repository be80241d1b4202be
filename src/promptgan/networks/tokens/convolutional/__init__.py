"""A convolutional discriminator."""
