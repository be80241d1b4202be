"""A recurrent generator with a latent vector, and its encoder."""
