"""Tables of people's own: CSV, TSV, JSON, Parquet and plain text."""
