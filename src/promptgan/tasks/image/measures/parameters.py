"""How images are measured."""

from typing import Literal

from pydantic import Field

from promptgan.core.parameters import Section

FEATURES = {"efficientnet_lite0": 1280}
"""Of every extractor but the judge, whose own are `judges.features`."""
INCEPTION = 2048
"""Of the network of the FID."""


class InceptionWeights(Section):
    """The weights of the network of the FID, which no package carries: a file of this machine."""

    path: str = Field(pattern="^[/~]")
    """From the root or the home folder, since a run may be in another folder than its repository."""
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    """Of the file, which is the same wherever it lies; another one is refused."""


class Parameters(Section):
    """The `evaluate` section for images."""

    extractor: Literal["efficientnet_lite0", "none"]
    """What distances are measured in too, beside the features of the judge."""
    inception: InceptionWeights | None
    """What the FID is measured with; None where it is not."""
    importance_samples: int = Field(ge=1)
    """Latent vectors for each test image, by which an autoencoder's likelihood is bounded."""
    neighbours: int = Field(ge=1, le=50)
    """Whose distance is the radius of the ball around an image, for precision, recall, density and coverage."""
    jackknife_groups: int = Field(ge=2)
    """Groups of images, left out in turn for the standard errors over images."""
