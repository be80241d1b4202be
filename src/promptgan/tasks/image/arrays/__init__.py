"""Records to arrays of pixels."""
