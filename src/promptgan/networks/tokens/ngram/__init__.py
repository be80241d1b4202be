"""An n-gram model."""
