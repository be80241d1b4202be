"""How images are measured."""

from pydantic import Field

from promptgan.core.parameters import Section


class Parameters(Section):
    """The `evaluate` section for images."""

    neighbours: int = Field(ge=1, le=50)
    """Whose distance is the radius of the manifold around an image, for precision and recall."""
    jackknife_groups: int = Field(ge=2)
    """Groups of images, left out in turn for the standard errors over images."""
