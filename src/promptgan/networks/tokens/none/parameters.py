"""For a role that a recipe has not."""

from typing import ClassVar, Literal

from promptgan.core.parameters import Section


class Parameters(Section):
    """A section for `network: none`."""

    roles: ClassVar[tuple[str, ...]] = ()
    network: Literal["none"]
