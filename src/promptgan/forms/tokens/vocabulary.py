"""The special tokens, whose ids every room that handles token ids shares."""

PAD, UNK, BOS, EOS = range(4)
SPECIAL_TOKENS = ["<pad>", "<unk>", "<s>", "</s>"]
