"""What people say of samples: sheets that they fill in, the ratings that are kept, and what follows from these."""
