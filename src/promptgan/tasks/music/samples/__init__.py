"""Music, drawn and written down."""
