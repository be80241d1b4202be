"""What requests may say, checked before anything else looks at it; OpenAPI shows the examples."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from promptgan.serving.asks import MAX_BARS

MAX_TEXT = 4000
"""Characters of a prompt or text."""
MAX_N = 16
"""Answers to a prompt, and texts of a request."""

Text = Annotated[str, Field(max_length=MAX_TEXT)]
Name = Annotated[str | None, Field(max_length=64, description="One of /v1/models; the first where none is given.")]
Seed = Annotated[
    int | None, Field(ge=0, lt=2**63, description="The same seed gives the same answers; told in the answer.")
]
Temperature = Annotated[
    float | None,
    Field(ge=0, le=10, allow_inf_nan=False, description="0 takes the likeliest token; the model's default where none."),
]
TopP = Annotated[float | None, Field(ge=0.01, le=1, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1, le=MAX_N)]
Most = Annotated[int | None, Field(ge=1, le=100_000, description="Most tokens of an answer.")]


class Body(BaseModel):
    """A request of the service's own routes; unknown keys are refused, since a misspelt one would do nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Generate(Body):
    """What `/v1/generate` takes."""

    model: Name = None
    prompt: Text = Field(
        default="", description="What to answer, to put into a style, what images show, or key and metre."
    )
    n: Count = 1
    seed: Seed = None
    temperature: Temperature = None
    top_p: TopP = None
    max_tokens: Most = None
    style: Annotated[str | None, Field(max_length=64)] = None
    bars: Annotated[int | None, Field(ge=1, le=MAX_BARS, description="Music: how long; for a file, of phrases.")] = None
    midi: str | None = Field(default=None, description="Music: a MIDI file to answer in place of a prompt, in base64.")
    stream: bool = Field(default=False, description="Texts: as server-sent events, as they are written.")

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"prompt": "how was your weekend?", "n": 2, "seed": 1, "temperature": 0.8},
                {"prompt": "C major 4/4", "bars": 8, "seed": 1},
            ]
        }
    )


class Classify(Body):
    """What `/v1/classify` takes."""

    model: Name = None
    texts: list[Text] = Field(min_length=1, max_length=MAX_N)

    model_config = ConfigDict(json_schema_extra={"examples": [{"texts": ["a warm and funny film"]}]})


class Score(Body):
    """What `/v1/score` takes."""

    model: Name = None
    prompt: Text = ""
    text: Text

    model_config = ConfigDict(json_schema_extra={"examples": [{"prompt": "any plans?", "text": "not yet"}]})


class Support(Body):
    """What `/v1/support` takes."""

    question: Text
    model: Annotated[str | None, Field(max_length=64, description="Who answers where no known question is near.")] = (
        None
    )
    seed: Seed = None

    model_config = ConfigDict(json_schema_extra={"examples": [{"question": "my laptop does not turn on", "seed": 1}]})


class Recommend(Body):
    """What `/v1/recommend` takes."""

    user: Annotated[str | None, Field(max_length=256, description="One of the data.")] = None
    liked: list[Text] = Field(
        default=[], max_length=64, description="What somebody liked, the latest last: ids of items, or words."
    )
    n: Annotated[int, Field(ge=1, le=100)] = 10

    model_config = ConfigDict(json_schema_extra={"examples": [{"liked": ["Blade Runner"], "n": 5}, {"user": "196"}]})

    @model_validator(mode="after")
    def _one_of_both(self) -> "Recommend":
        if (self.user is None) == (not self.liked):
            raise ValueError("give either user or liked")
        return self


class Said(Body):
    """What `/v1/feedback` takes."""

    request: str = Field(pattern=r"^[0-9a-f]{32}$", description="The id of the answer.")
    model: str = Field(max_length=64)
    prompt: Text = ""
    answer: Text = ""
    thumb: Literal[-1, 1] | None = None
    correction: Text | None = Field(default=None, description="What the answer should have been.")
    consent: bool = Field(default=False, description="Whether a model may learn from it.")

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "request": "0" * 32,
                    "model": "adversarial",
                    "prompt": "any plans?",
                    "answer": "not yet",
                    "thumb": 1,
                    "consent": True,
                }
            ]
        }
    )


class Completion(BaseModel):
    """What `/v1/completions` takes, as OpenAI's clients send it; keys that mean nothing here are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    model: Name = None
    prompt: Text | list[Text] = ""
    n: Count = 1
    seed: Seed = None
    temperature: Temperature = None
    top_p: TopP = None
    max_tokens: Most = None
    stream: bool = False


class Part(BaseModel):
    """A part of a turn; only texts are read."""

    text: Text = ""


class Message(BaseModel):
    """One turn of a conversation."""

    role: str = Field(max_length=32)
    content: Text | list[Part] | None = None

    @property
    def text(self) -> str:
        """Its words, of parts those that are text."""
        if isinstance(self.content, list):
            return " ".join(part.text for part in self.content if part.text)
        return self.content or ""


class Chat(BaseModel):
    """What `/v1/chat/completions` takes, as OpenAI's clients send it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    model: Name = None
    messages: list[Message] = Field(min_length=1, max_length=256)
    n: Count = 1
    seed: Seed = None
    temperature: Temperature = None
    top_p: TopP = None
    max_tokens: Most = None
    max_completion_tokens: Most = None
    stream: bool = False

    @model_validator(mode="after")
    def _short(self) -> "Chat":
        if len(self.prompt) > MAX_TEXT:
            raise ValueError(f"the last message should have at most {MAX_TEXT} characters")
        return self

    @property
    def prompt(self) -> str:
        """What the user said last: models here answer one prompt and know nothing of what came before."""
        said = [message.text for message in self.messages if message.role == "user"]
        return said[-1] if said else ""
