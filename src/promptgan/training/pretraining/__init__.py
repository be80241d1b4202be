"""A folder of choices: one way to train the likelihood twin per file, named by pretrain.method."""
