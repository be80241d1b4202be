"""The splits of every data set, listed once."""

SPLITS = ("train", "val", "test", "judge")
"""What models learn from; what chooses among steps; what is measured on; what the judge learns from."""
RANKING = ("test", "judge", "val", "train")
"""From the highest rank down: a duplicate across splits stays in the higher one."""
