"""Tables: people's own as CSV, TSV, JSON, Parquet and plain text, and formats of which several data sets are."""
