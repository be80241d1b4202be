"""What is made: a folder a task, with the same rooms in each."""
