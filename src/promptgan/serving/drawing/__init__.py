"""What a model of each task does for the service; a folder of choices by the name of the task."""
