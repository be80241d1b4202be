"""What is asked of a model, and what it gives; what the service and its workers say to each other."""

from dataclasses import dataclass, replace
from typing import Any, Literal, Self, TypedDict

from promptgan.quality.normalise import normalise

Kind = Literal["generate", "classify", "score", "retrieve", "recommend"]
"""What a model can be asked to do."""
MAX_BARS = 32
"""Of a piece that is asked for, and of a file that is answered."""


class Answer(TypedDict, total=False):
    """One answer of a model; which keys there are follows from what was asked."""

    text: str
    """What it wrote."""
    tokens: int
    """Of the text, its end counted."""
    ended: bool
    """Whether the text ended by itself, not at the limit."""
    score: float | None
    """The discriminator's logit of the text."""
    image: str
    """A PNG, in base64."""
    music: dict[str, Any]
    """A piece, as `promptgan.media.music.piece.to_json` writes it."""
    midi: str
    """The piece as a file, in base64, as the following ones are."""
    musicxml: str
    svg: str
    """Its piano roll; outlines are what was given."""
    label: str
    probabilities: dict[str, float]
    """Of each label."""
    record: str
    """Id of the training pair whose question is nearest."""
    question: str
    """Of that pair."""
    similarity: float
    """Of that question and the one that was asked."""
    item: str
    """Id of what is recommended."""
    about: str
    """Its text."""
    match: float
    """By what it is ranked."""


@dataclass(frozen=True)
class Ask:
    """What one request asks of a model.

    Requests with equal ``settings`` may be answered together. Every field has a default that its kind does not read.
    """

    prompts: tuple[str, ...] = ()
    """What is answered, classified or scored; one where something is drawn."""
    texts: tuple[str, ...] = ()
    """To be scored as answers to ``prompts``."""
    n: int = 1
    """Answers to the prompt."""
    seed: int = 0
    max_tokens: int | None = None
    """Most tokens of an answer, its end counted; as many as the model can where None."""
    stream: bool = False
    """Whether what is written so far is told."""
    temperature: float | None = None
    """Of what draws; the model's own where None."""
    top_p: float | None = None
    style: str | None = None
    """Which one is wanted of a model of styles."""
    bars: int | None = None
    """Of music: how long it is; of phrases, where a file is answered."""
    midi: str | None = None
    """A MIDI file, in base64, that music answers in place of a prompt."""
    user: str | None = None
    """To whom something is recommended; in place of prompts, which are what somebody liked."""

    @property
    def settings(self) -> tuple[float | None, float | None]:
        """What requests that are answered together have in common."""
        return self.temperature, self.top_p

    @property
    def normalised(self) -> Self:
        """The same in characters as records of texts have them."""
        return replace(self, prompts=tuple(map(normalise, self.prompts)), texts=tuple(map(normalise, self.texts)))

    @property
    def rows(self) -> int:
        """How many are drawn."""
        return max(self.n * (self.bars or 1), len(self.prompts))


class Normalised:
    """A drawer whose model knows normalised texts alone: it is asked in such, whatever people type."""


Facts = dict[str, Any]
"""What a worker says of a model: its task, what it does (`kinds`), and what may be asked of it."""
