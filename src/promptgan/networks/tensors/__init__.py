"""Networks of arrays: one family per folder."""
