"""What a text answers: the prompt that the data set gives, or one that is made of the record itself."""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from promptgan.core.errors import PromptganError
from promptgan.quality.normalise import encodable, normalise
from promptgan.tasks.text.records.parameters import Keywords, Label, Prefix, Prompt
from promptgan.terms.words import cut, words

if TYPE_CHECKING:
    import pandas as pd

SIDES = ("prompt", "text")


class NoLabels(PromptganError):
    """Prompts are to be labels, and the data set has none."""


def chosen(section: Mapping[str, Any]) -> Prompt:
    """The prompt of a section `validate` of any run; it is the data set's own in one from before there was a choice."""
    prompt: Prompt = TypeAdapter(Prompt).validate_python(section.get("prompt", {"kind": "given"}))
    return prompt


def canonical(records: "pd.DataFrame", prompt: Prompt) -> "pd.DataFrame":
    """All records of a data set with normalised sides, and with the prompt that was chosen.

    A prompt is None where the text is too short for it. What is no string, which the rules refuse, stays as it is, and
    so does the prompt where it is the text.

    Args:
        records: columns prompt and text, and label where the data set has labels; all of them, since which words are
            rare depends on all.
        prompt: of the section `validate`.

    Raises:
        NoLabels: prompts are to be labels, and there is no such column.
    """
    if isinstance(prompt, Label) and "label" not in records:
        raise NoLabels(
            "validate.prompt.kind is label, and the records of this data set have no label",
            "choose another kind, such as prefix, or a data set with labels, such as brown",
        )
    records = records.astype(object).map(encodable)
    sides = {side: [normalise(x) if isinstance(x, str) else x for x in records[side]] for side in SIDES}
    if prompt.kind != "given":
        frequency: Counter[str] = Counter()
        if isinstance(prompt, Keywords):
            frequency.update(word for text in sides["text"] if isinstance(text, str) for word in set(words(text)))
        labels = records["label"] if "label" in records else [None] * len(records)
        for row, (text, label) in enumerate(zip(sides["text"], labels, strict=True)):
            if isinstance(text, str):
                sides["prompt"][row], sides["text"][row] = _pair(text, label, prompt, frequency)
    return records.assign(**sides)


def _pair(text: str, label: Any, prompt: Prompt, frequency: Counter[str]) -> tuple[Any, str]:
    """A prompt made of a record, and the text that is left; ``frequency`` says how many texts hold a word."""
    match prompt:
        case Label():
            return (normalise(label) if isinstance(label, str) else label), text
        case Prefix():
            beginning, rest = cut(text, prompt.words)
            return (beginning, rest) if words(rest) else (None, text)
        case Keywords():
            rarest = sorted(set(words(text)), key=lambda word: (frequency[word], word))[: prompt.words]
            if len(rarest) < prompt.words:
                return None, text
            return " ".join(rarest if prompt.order == "rarity" else sorted(rarest)), text
        case _:
            return "", text
