"""A variational autoencoder of texts as one network."""
