"""At which softmax temperatures texts can be drawn; loads no torch, so that parameters may ask."""

from typing import Annotated

from pydantic import AfterValidator, Field

from promptgan.core.errors import PromptganError

LEAST, MOST = 0.01, 10.0


class UnusableTemperature(PromptganError):
    """A temperature at which nothing can be drawn."""

    def __init__(self, temperature: float) -> None:
        super().__init__(
            f"nothing can be drawn at a temperature of {temperature}",
            f"give one from {LEAST} to {MOST}, or 0 for the likeliest token every time",
        )


def _each_once(temperatures: list[float]) -> list[float]:
    if repeated := sorted({t for t in temperatures if temperatures.count(t) > 1}):
        raise ValueError(f"given more than once: {', '.join(map(str, repeated))}")
    return temperatures


Temperature = Annotated[float, Field(ge=LEAST, le=MOST)]
"""Of a parameter."""
Temperatures = Annotated[list[Temperature], AfterValidator(_each_once)]
"""Those of a curve, each once."""
