"""What prompts and answers are refused by; a folder of choices."""
