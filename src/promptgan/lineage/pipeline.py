"""dvc.yaml as data: what each stage declares, its placeholders filled from a parameter file."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from promptgan.core.flat import flat
from promptgan.core.parameters import ParameterError, load_params
from promptgan.lineage.lock import OUTPUTS, PIPELINE


@dataclass(frozen=True)
class Declared:
    """A stage as dvc.yaml has it."""

    command: str
    dependencies: frozenset[str]
    parameters: frozenset[str]
    """Dotted keys of params.yaml, mostly whole sections."""
    outputs: frozenset[str]
    description: str


def declared(parameters: dict[str, Any]) -> dict[str, Declared]:
    """The stages of dvc.yaml, in its order.

    Args:
        parameters: a parsed parameter file.

    Raises:
        ParameterError: dvc.yaml cannot be read, or names a key that the parameter file lacks.
    """

    values = dict(flat(parameters))

    def value(placeholder: re.Match[str]) -> str:
        if (found := values.get(placeholder[1])) is None:
            raise ParameterError([f"{placeholder[1]}: missing; {PIPELINE} needs it"])
        return str(found)

    def filled(text: str) -> str:
        return re.sub(r"\$\{\s*([\w.]+)\s*\}", value, text)

    def named(entry: dict[str, Any], *kinds: str) -> Iterator[str]:
        """An item is a name, or a name with its options."""
        items = (item for kind in kinds for item in entry.get(kind, []))
        yield from (filled(name) for item in items for name in ([item] if isinstance(item, str) else item))

    return {
        name: Declared(
            filled(entry["cmd"]),
            frozenset(named(entry, "deps")),
            frozenset(named(entry, "params")),
            frozenset(named(entry, *OUTPUTS)),
            entry.get("desc", ""),
        )
        for name, entry in load_params(PIPELINE)["stages"].items()
    }
