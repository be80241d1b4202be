"""Networks that read or write token ids: one folder per family."""
