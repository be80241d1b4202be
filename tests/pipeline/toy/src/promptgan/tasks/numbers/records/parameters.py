"""What records are held to."""

from promptgan.core.parameters import Section
from promptgan.quality.splits import Shares


class Parameters(Section):
    """The section `validate`."""

    shares: Shares
