"""Music: pieces in voices, written on after a prompt or from nothing."""
