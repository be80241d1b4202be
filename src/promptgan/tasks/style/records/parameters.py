"""What records are held to."""

from promptgan.quality.parameters import LabelledTexts


class Parameters(LabelledTexts):
    """The section `validate` for sentences with a style, which is their label."""
