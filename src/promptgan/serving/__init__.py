"""The service: what a model folder or a release answers over HTTP, and what is kept of it."""
