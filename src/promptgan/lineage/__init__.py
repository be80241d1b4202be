"""Where every byte came from: read-only tools over what DVC and the stages recorded."""
