"""The judge of labels: what it says of itself is held out, and it reads back as it was written."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch

from promptgan.core.compute import Compute
from promptgan.forms.tokens import form
from promptgan.forms.tokens.naive_bayes import NaiveBayes
from promptgan.forms.tokens.pairs import Pairs
from promptgan.forms.tokens.vocabulary import SPECIAL_TOKENS
from promptgan.sentences import judge
from promptgan.tasks.classification.judges import judges
from promptgan.tasks.classification.judges.parameters import Parameters

COMPUTE = Compute(device="cpu", threads=1, precision="float32")


def fitted(tokens: Path, split: Pairs) -> judge.Fitted:
    unused: Any = None
    kind = Parameters(kind="naive_bayes")
    return judges.fit(split, form.example(tokens), kind, COMPUTE, 1, torch.device("cpu"), unused)


def test_its_accuracy_is_that_of_judges_that_have_not_counted_the_text(walked: Path) -> None:
    tokens = walked / "data/tokens"
    split, example = form.split(tokens, "judge"), form.example(tokens)
    everything = np.arange(len(split))
    texts = split.rows("text", everything)
    labels = [prompt[0] - len(SPECIAL_TOKENS) for prompt in split.rows("prompt", everything)]
    right = []
    for place, (text, label) in enumerate(zip(texts, labels, strict=True)):
        others = [texts[:place] + texts[place + 1 :], labels[:place] + labels[place + 1 :]]
        said = NaiveBayes.fitted(*others, example.vocabulary, 2).log_joint([text])
        right.append(said.argmax() == label)
    written = json.loads((walked / "metrics/judges.json").read_text())
    assert written["accuracy"] == pytest.approx(np.mean(right), abs=1e-4)
    assert written["texts"] == len(texts)
    assert written["most_frequent"] == pytest.approx(max(np.bincount(labels)) / len(labels), abs=1e-4)
    assert written["accuracy"] > written["most_frequent"] + 0.2  # words tell the labels, nine times in ten


def test_a_judge_reads_back_as_it_was_written(walked: Path, tmp_path: Path) -> None:
    tokens = walked / "data/tokens"
    split = form.split(tokens, "judge")
    found = fitted(tokens, split)
    found.save(tmp_path / "judge")
    texts = split.rows("text", np.arange(20))
    for folder in (tmp_path / "judge", walked / "models/judges"):
        assert (judge.load(folder).log_joint(texts) == found.classifier.log_joint(texts)).all()
    assert "accuracy" in found.sentence


def test_too_few_texts_are_refused(walked: Path, tmp_path: Path) -> None:
    table = pa.ipc.open_file(walked / "data/tokens/judge.arrow").read_all()[: judge.FEWEST - 1]
    with pa.OSFile(str(tmp_path / "judge.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    with pytest.raises(judge.TooFewTexts, match="holds 19 texts"):
        fitted(walked / "data/tokens", Pairs(tmp_path / "judge.arrow"))


@pytest.mark.parametrize("name", [judge.INDEX, judge.COUNTS])
def test_a_broken_judge_is_named(name: str, walked: Path, tmp_path: Path) -> None:
    shutil.copytree(walked / "models/judges", tmp_path / "judge")
    (tmp_path / "judge" / name).write_bytes(b"{")
    with pytest.raises(judge.NoJudge, match="holds no judge"):
        judge.load(tmp_path / "judge")
