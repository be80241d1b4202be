"""The special tokens of a tokenizer that is fitted here; a pretrained one's are in `Example`."""

PAD, UNK, BOS, EOS = range(4)
"""PAD fills up batches whatever the tokenizer; what is real is told by lengths alone."""
SPECIAL_TOKENS = ["<pad>", "<unk>", "<s>", "</s>"]
