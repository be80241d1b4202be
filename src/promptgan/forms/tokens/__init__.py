"""Examples as sequences of token ids."""
