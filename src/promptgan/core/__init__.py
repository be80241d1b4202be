"""What every room may use: errors, parameters, choices, files, and what a task declares of itself."""
