"""Records to memory-mapped tensors, one file per modality."""
