"""What networks of arrays are to training: a generator, a discriminator, an encoder; and how conditions enter them."""

from typing import Literal

import torch
from torch import Tensor, nn

from promptgan.forms.tensors.conditions import Condition
from promptgan.forms.tensors.form import Example

Judging = Literal["none", "concat", "projection", "auxiliary"]
"""How a discriminator reads conditions: not at all; as a further channel of the array (Mirza and Osindero, 2014,
arXiv:1411.1784); by their inner product with its features (Miyato and Koyama, 2018, arXiv:1802.05637); or not, but it
guesses them beside (Odena et al., 2017, arXiv:1610.09585)."""


class TensorGenerator(nn.Module):
    """Makes arrays of latent vectors and, where examples have one, of a condition, whose vector stands behind.

    A family of networks defines `pixels`.

    Args:
        latent: Z, the size of a latent vector.
        example: says whether there are conditions.
        condition_size: D, of the vector of a condition.
    """

    def __init__(self, latent: int, example: Example, condition_size: int) -> None:
        super().__init__()
        self.latent = latent
        self.condition = Condition(example, condition_size) if example.conditional else None
        self.inputs = latent + (condition_size if example.conditional else 0)
        """Z + D: what `pixels` reads."""

    def pixels(self, inputs: Tensor) -> Tensor:
        """Logits (N, C, H, W) of pixels that are bright, from vectors (N, `inputs`)."""
        raise NotImplementedError

    def logits(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Logits (N, C, H, W) of pixels that are bright, from latent vectors (N, Z) and N conditions."""
        if self.condition is not None:
            z = torch.cat([z, self.condition(condition).to(z.dtype)], 1)
        return self.pixels(z)

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """Arrays (N, C, H, W) in [-1, 1], of what `logits` reads: twice the brightness, less one."""
        return torch.tanh(self.logits(z, condition) / 2)


class TensorTranslator(nn.Module):
    """Makes of an array another one: of the other kind, where there are two."""

    def features(self, x: Tensor) -> Tensor:
        """Activations (N, F) before the logit, which is linear in them, of arrays (N, C, H, W) in [-1, 1]."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """Arrays (N, C, H, W) in [-1, 1], of such."""
        raise NotImplementedError


class TensorReader(nn.Module):
    """Reads arrays and, as a further channel where it is told to, their conditions.

    A family of networks defines `features`.

    Args:
        example: what arrays look like, and whether there are conditions.
        concat: whether it reads conditions.
    """

    def __init__(self, example: Example, concat: bool) -> None:
        super().__init__()
        self.plane = Condition(example, example.height * example.width) if concat else None
        self.channels = example.channels + concat
        """Those that `features` reads."""

    def features(self, x: Tensor) -> Tensor:
        """Features (N, F) of what `read` gives."""
        raise NotImplementedError

    def read(self, x: Tensor, condition: Tensor | None) -> Tensor:
        """Arrays (N, `channels`, H, W): those of ``x``, and a channel that the condition is read into."""
        if self.plane is None:
            return x
        plane = self.plane(condition).view(len(x), 1, *x.shape[2:])
        return torch.cat([x, plane.to(x.dtype)], 1)


class TensorDiscriminator(TensorReader):
    """Scores how real arrays are, by a linear function of the features that a family of networks defines.

    Args:
        example: what arrays look like, and whether there are conditions.
        size: F, of the features.
        conditioning: how it reads conditions.
    """

    def __init__(self, example: Example, size: int, conditioning: Judging) -> None:
        super().__init__(example, conditioning == "concat")
        self.logit = nn.Linear(size, 1)
        self.projected = Condition(example, size) if conditioning == "projection" else None
        self.classes = nn.Linear(size, example.classes) if conditioning == "auxiliary" else None

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """Logits (N,) of arrays (N, C, H, W) in [-1, 1] under N conditions."""
        return self.judged(x, condition)[0]

    def judged(self, x: Tensor, condition: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
        """The logits (N,), and those of the classes (N, K), which an auxiliary classifier alone has."""
        features = self.features(self.read(x, condition))
        return self.scored(features, condition), None if self.classes is None else self.classes(features)

    def scored(self, features: Tensor, condition: Tensor | None = None) -> Tensor:
        """Logits (N,) of arrays by their features (N, F)."""
        logits: Tensor = self.logit(features)[:, 0]
        if self.projected is not None:
            logits = logits + (features * self.projected(condition)).sum(1)
        return logits


class TensorEncoder(TensorReader):
    """Where in the latent space an array comes from, as a normal distribution.

    Args:
        latent: Z, the size of a latent vector.
        example: what arrays look like, and whether there are conditions, which it reads.
        size: F, of the features.
    """

    def __init__(self, latent: int, example: Example, size: int) -> None:
        super().__init__(example, example.conditional)
        self.latent = latent
        self.distribution = nn.Linear(size, 2 * latent)

    def forward(self, x: Tensor, condition: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Mean and log-variance, each (N, Z), of arrays (N, C, H, W) in [-1, 1]."""
        mean, log_variance = self.distribution(self.features(self.read(x, condition))).chunk(2, 1)
        return mean, log_variance
