"""Records to arrays: events as token ids."""
