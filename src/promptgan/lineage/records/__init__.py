"""The validated records over time: what changed between two versions, and taking a record out of all of them."""
