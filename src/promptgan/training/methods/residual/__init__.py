"""A residual energy-based model: a generator whose answers a discriminator resamples."""
