"""How images are measured."""

from typing import Literal

from pydantic import Field

from promptgan.core.parameters import Section

FEATURES = {"efficientnet_lite0": 1280}
"""Of every extractor but the judge, whose own are `judges.features`."""


class Parameters(Section):
    """The `evaluate` section for images."""

    extractor: Literal["efficientnet_lite0", "none"]
    """What distances are measured in too, beside the features of the judge."""
    importance_samples: int = Field(ge=1)
    """Latent vectors for each test image, by which an autoencoder's likelihood is bounded."""
    neighbours: int = Field(ge=1, le=50)
    """Whose distance is the radius of the ball around an image, for precision, recall, density and coverage."""
    jackknife_groups: int = Field(ge=2)
    """Groups of images, left out in turn for the standard errors over images."""
