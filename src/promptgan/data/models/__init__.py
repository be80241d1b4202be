"""The pretrained language models that a recipe may begin with, one file per model."""
