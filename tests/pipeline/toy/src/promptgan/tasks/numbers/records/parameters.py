"""What records are held to."""

from promptgan import base
from promptgan.quality.splits import Shares


class Parameters(base.Parameters):
    """The section `validate`."""

    shares: Shares
