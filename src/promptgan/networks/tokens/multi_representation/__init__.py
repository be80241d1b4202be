"""A discriminator that embeds a text several times."""
