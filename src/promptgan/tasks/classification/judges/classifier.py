"""The classifier that judges labels, as a folder."""

import json
from pathlib import Path
from typing import Any

from safetensors.numpy import load_file
from safetensors.numpy import save as saved

from promptgan.core.errors import PromptganError
from promptgan.core.files import write_json
from promptgan.forms.tokens.naive_bayes import NaiveBayes

INDEX, COUNTS = "index.json", "judge.safetensors"


class NoJudge(PromptganError):
    """A folder does not hold the judge that the stage judges writes."""


def save(folder: Path, classifier: NaiveBayes, index: dict[str, Any]) -> None:
    """Write ``index.json`` and the counts; ``index`` is kept beside what loading needs."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / COUNTS).write_bytes(saved(classifier.state()))
    index = {"kind": "judge", "task": "classification", "vocabulary": classifier.vocabulary, **index}
    write_json(folder / INDEX, index)


def load(folder: Path) -> NaiveBayes:
    """The judge of a folder.

    Raises:
        NoJudge: a file is missing or broken.
    """
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        return NaiveBayes(index["vocabulary"], **load_file(folder / COUNTS))
    except Exception as error:  # safetensors raises its own
        raise NoJudge(f"{folder} holds no judge: {error}", "run `dvc repro judges`, or `dvc checkout`") from error
