"""Records to memory-mapped tensors: a folder of choices, one file per modality."""
