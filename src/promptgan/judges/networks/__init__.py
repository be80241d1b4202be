"""The networks that judge."""
