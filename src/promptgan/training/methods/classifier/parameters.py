"""What training a classifier of texts takes."""

from typing import Annotated, Literal

from pydantic import Field

from promptgan.core.parameters import Section


class Masked(Section):
    """Masked-token pretraining before any label is seen, of the corpus where there is one, then of the texts."""

    epochs: int | float = Field(ge=0)
    """Passes over the training texts; 0 for none, of the corpus neither."""
    share: float = Field(gt=0, lt=1)
    """Of a text's tokens that are guessed."""
    learning_rate: float = Field(gt=0)
    """After the section's `warmup`, a constant."""
    batch: int = Field(ge=1)


class Constant(Section):
    """The learning rate as it is."""

    kind: Literal["constant"]


class InverseSqrt(Section):
    """Falls with the square root of the steps since `warmup` (Vaswani et al., 2017, arXiv:1706.03762, section 5.3)."""

    kind: Literal["inverse_sqrt"]


class Cosine(Section):
    """Falls along half a cosine until the last step (Loshchilov and Hutter, 2017, arXiv:1608.03983, section 3)."""

    kind: Literal["cosine"]
    floor: float = Field(gt=0, le=1)
    """Share of the learning rate that is left at the end, at which a control goes on."""


class Plateau(Section):
    """Is cut where a validation gains too little."""

    kind: Literal["plateau"]
    min_gain: float = Field(ge=0)
    """Nats by which a validation loss must beat the best one; one that does not cuts the learning rate."""
    cut: float = Field(gt=0, lt=1)
    """What the learning rate is then multiplied by."""
    cuts: int = Field(ge=1)
    """After which training has converged and stops."""


class Unperturbed(Section):
    """Texts as they are."""

    kind: Literal["none"]


class Perturbation(Section):
    """What every perturbation of the embedded tokens takes. See `perturbation.py` for what a radius is a share of."""

    radius: float = Field(gt=0)
    """Largest norm of the perturbation, as a share of that of the text's embedded tokens."""


class Fgm(Perturbation):
    """One step to the edge, along the gradient (Miyato, Dai and Goodfellow, 2017, arXiv:1605.07725)."""

    kind: Literal["fgm"]
    weight: float = Field(gt=0)
    """Of the loss of perturbed texts beside that of clean ones."""


class Pgd(Perturbation):
    """Several steps along the gradient, each projected back into the ball (Madry et al., 2018, arXiv:1706.06083)."""

    kind: Literal["pgd"]
    step_size: float = Field(gt=0)
    """Of a step, as a share of the same norm as the radius."""
    steps: int = Field(ge=1)
    weight: float = Field(gt=0)
    """Of the loss of perturbed texts beside that of clean ones."""


class FreeLB(Perturbation):
    """Learns from every step of the ascent (Zhu et al., 2020, arXiv:1909.11764, algorithm 1)."""

    kind: Literal["freelb"]
    step_size: float = Field(gt=0)
    """Of a step, as a share of the same norm as the radius."""
    steps: int = Field(ge=1)
    """Of the ascent, over which the gradient is averaged; the weights take one."""


class Virtual(Perturbation):
    """Keeps what is said of a text where it is most easily changed, labels or not (Miyato et al., 2018)."""

    kind: Literal["virtual"]
    step_size: float = Field(gt=0)
    """Of the finite difference that the direction is found by, as a share of the same norm as the radius."""
    steps: int = Field(ge=1)
    """Of the power iteration."""
    weight: float = Field(gt=0)
    """Of the divergence beside the loss."""


class Unaugmented(Section):
    """Texts as they are."""

    kind: Literal["none"]


class Words(Section):
    """Easy data augmentation (Wei and Zou, 2019, arXiv:1901.11196) on tokens; each text is changed in one way."""

    kind: Literal["words"]
    texts: float = Field(gt=0, le=1)
    """Share of a batch's texts that are changed."""
    share: float = Field(gt=0, lt=1)
    """Of such a text's tokens, at least one."""
    ways: Annotated[list[Literal["synonyms", "swaps", "deletions"]], Field(min_length=1)]
    """Of which each text is changed in one, drawn at random."""
    neighbours: int = Field(ge=1, le=100)
    """Nearest tokens that a synonym is drawn from."""


class Parameters(Section):
    """The `pretrain` or `train` section for `method: classifier`."""

    method: Literal["classifier"]
    objective: Literal["none"] = "none"
    """dvc.yaml asks the section `train` for it."""
    penalty: Literal["none"] = "none"
    masked: Masked | None
    """Null in `train`, which begins with the weights that `pretrain` left before any label."""
    steps: int = Field(ge=1)
    """At most, after masked-token pretraining."""
    batch: int = Field(ge=1)
    learning_rate: float = Field(gt=0)
    rate: Annotated[Constant | InverseSqrt | Cosine | Plateau, Field(discriminator="kind")]
    """What becomes of the learning rate."""
    warmup: int = Field(ge=0)
    """Steps over which the learning rate rises from zero."""
    weight_decay: float = Field(ge=0)
    ema: float | None = Field(ge=0, lt=1)
    """Decay of the moving average of the weights, which is what is validated and used; null for none."""
    validate_every: int = Field(ge=1)
    """Steps between validations."""
    validation_count: int = Field(ge=10)
    """Validation texts that are read each time, evenly spaced; all where there are fewer."""
    checkpoint_every: int = Field(ge=1)
    """Steps between checkpoints, for resuming after a kill."""
    patience: int | None = Field(ge=1)
    """Validations in a row without a better one after which training has converged and stops; null for none."""
    perturbation: Annotated[Unperturbed | Fgm | Pgd | FreeLB | Virtual, Field(discriminator="kind")]
    """Of the embedded tokens, against the classifier."""
    augmentation: Annotated[Unaugmented | Words, Field(discriminator="kind")]
    """Of the tokens, at random."""
