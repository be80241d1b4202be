"""What is alike in records that are a text each: for the books, whatever is done with the texts."""
