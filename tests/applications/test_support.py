"""Support dialogue: how the nearest question is found, when its answer is given, and how that is measured."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from promptgan.applications.support import measures, support
from promptgan.applications.support.index import RANKERS, Index, different, fused
from promptgan.applications.support.questions import Asked, NoPairs, asked, likeness
from promptgan.applications.support.support import NoIndex, NoQuestion
from promptgan.cli import app
from promptgan.tasks.text.samples import samples
from tests.applications.conftest import FAR, THINGS, UNLIKE, pairs, write


class Table:
    """Stands for the encoder: a vector of length 1 for each known text."""

    def __init__(self, vectors: dict[str, tuple[float, float]]) -> None:
        self.vectors = vectors

    def embed(self, texts: list[str]) -> Any:
        return np.array([self.vectors[text] for text in texts])


def test_bm25_is_that_of_the_formula_and_rankers_differ_where_they_should() -> None:
    questions = ["red red car", "blue car", "a very old blue boat"]
    vectors = np.array([[0.0, 1.0], [0.6, 0.8], [1.0, 0.0]])
    frame = pd.DataFrame({"id": ["a", "b", "c"], "prompt": questions, "text": ["1", "2", "3"]})
    index = Index(frame, vectors, Table({"red blue": (0.8, 0.6), "zzz": (0.6, 0.8)}))  # type: ignore[arg-type]

    def score(frequency: int, length: int, holding: int) -> float:
        idf = math.log(1 + (3 - holding + 0.5) / (holding + 0.5))
        return idf * frequency / (frequency + 1.2 * (1 - 0.75 + 0.75 * length / (10 / 3)))

    wanted = [score(2, 3, 1), score(1, 2, 2), score(1, 5, 2)]
    assert index.bm25.scores("Red, BLUE? zzz") == pytest.approx(wanted, rel=1e-5)
    found = index.nearest(RANKERS, ["red blue", "zzz"])
    assert {ranker: pairs[0].record for ranker, pairs in found.items()} == {
        "bm25": "a",  # 0.98 of BM25
        "embedding": "b",  # cosines 0.6, 0.96, 0.8
        "both": "b",  # ranks 1 and 3, 2 and 1, 3 and 2
    }
    assert found["both"][1] == ("b", "blue car", "2", 1.0)
    assert list(index.bm25.scores("zzz")) == [0, 0, 0]


def test_reciprocal_ranks_are_added_where_a_word_is_shared() -> None:
    total = fused(np.array([3.0, 0.0, 3.0]), np.array([0.1, 0.9, 0.2]))
    assert total == pytest.approx([1 / 61 + 1 / 63, 1 / 61, 1 / 61 + 1 / 62])


def test_questions_of_the_same_words_are_one() -> None:
    frame = pd.DataFrame(
        {"id": list("abc"), "group": list("xyz"), "prompt": ["Are you?", "are you", "?!"], "text": ["yes", "no", "hm"]}
    )
    assert different(frame)["id"].tolist() == ["a", "c"]
    assert asked(frame) == [Asked("Are you?", ("yes", "no"), "x"), Asked("?!", ("hm",), "z")]
    table = Table({"yes": (1, 0), "no": (0, 1), "nope": (0.6, 0.8), "hm": (1, 0)})
    assert likeness(["nope", "no"], asked(frame), table).tolist() == [0.8, 0.0]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("right", "precision", "fewest", "wanted"),
    [
        ([0, 0, 1, 1], 1.0, 1, 0.3),
        ([0, 1, 0, 1], 0.5, 1, 0.1),
        ([0, 0, 0, 1], 0.5, 1, 0.3),
        ([0, 0, 0, 1], 1.0, 2, None),
        ([0, 0, 1, 0], 0.6, 1, None),
    ],
)
def test_the_threshold_is_the_lowest_of_the_precision(
    right: list[int], precision: float, fewest: int, wanted: float | None
) -> None:
    scores = np.array([0.1, 0.2, 0.3, 0.4])
    assert support.threshold(scores, np.array(right, bool), precision, fewest) == wanted


def test_the_threshold_follows_from_validation_and_never_from_test(data: Path, index: Path, tmp_path: Path) -> None:
    first = (index / "index.json").read_bytes()
    facts = json.loads(first)
    assert facts["validation"] == {"questions": 14, "answered": 11, "right": 11}
    write(data, "test", [(question, text) for question, text in pairs(THINGS)])
    support.build(data, tmp_path / "again", precision=1.0, like=0.5)
    (data / "test.parquet").unlink()
    support.build(data, tmp_path / "without", precision=1.0, like=0.5)
    assert all((tmp_path / name / "index.json").read_bytes() == first for name in ("again", "without"))
    write(data, "val", [(question, UNLIKE) for question, _ in pairs(THINGS)])
    support.build(data, tmp_path / "other", precision=1.0, like=0.5)
    assert json.loads((tmp_path / "other/index.json").read_text())["threshold"] is None


def test_every_system_is_measured_on_the_same_questions(data: Path, index: Path, model: Path) -> None:
    found = measures.measure(index, model, data, seed=1)
    means = {name: {key: each.value for key, each in row.items()} for name, row in found.systems.items()}
    assert means["support"]["answered"] == pytest.approx(2 / 3)
    assert means["support"]["confidently_wrong"] == pytest.approx(1 / 3)
    assert means["bm25 alone"]["confidently_wrong"] == pytest.approx(2 / 3)
    assert means["embedding alone"]["answered"] == 1
    assert "answered" not in means["generator alone"]
    generator = samples.answer(
        samples.load(model),
        [asked_for.question for asked_for in asked(pd.read_parquet(data / "test.parquet"))],
        seed=1,
        temperature=0.7,
        top_p=0.9,
    )
    known = support.load(index)
    questions = asked(pd.read_parquet(data / "test.parquet"))
    assert [len(each.references) for each in questions] == [1, 1, 2]
    ours = likeness(generator, questions, known.index.model)
    assert means["generator alone"]["relevance"] == pytest.approx(ours.mean())
    mine = [pairs(THINGS)[0][1], pairs(THINGS)[1][1], generator[2]]
    assert means["support"]["relevance"] == pytest.approx(likeness(mine, questions, known.index.model).mean())
    gain = found.gains["generator alone"]
    assert gain.value == pytest.approx(means["support"]["relevance"] - means["generator alone"]["relevance"])
    assert gain.low <= gain.value <= gain.high
    assert "here 2, 1 of them like a reference" in found.signature[2]


def test_the_commands_build_measure_and_answer(data: Path, model: Path, tmp_path: Path) -> None:
    def run(*arguments: object, code: int = 0) -> str:
        done = CliRunner().invoke(app, ["support", *map(str, arguments)])
        assert done.exit_code == code, done.output
        return done.stdout if code == 0 else done.stderr

    out = tmp_path / "made"
    assert "11 of 14" in run("build", "--data", data, "--out", out, "--precision", 1)
    document = json.loads(run("measure", "--index", out, "--model", model, "--data", data, "--json"))
    assert document["systems"]["support"]["answered"]["value"] == 0.6667
    assert "support" in run("measure", "--index", out, "--model", model, "--data", data)
    known, far = "My LAPTOP does not turn on", FAR[1]
    told = run("ask", "--index", out, "--model", model, "--text", known, "--text", far).splitlines()
    assert told[:2] == [f"> {known}", f"  {pairs(THINGS)[0][1]}"]
    assert told[2].startswith("  retrieved; nearest: train-0 (")
    assert told[5].startswith("  generated; nearest: ")
    typed = [each.replace("o", "o\u200b") for each in (known, far)]
    again = run("ask", "--index", out, "--model", model, "--text", typed[0], "--text", typed[1]).splitlines()
    assert [each for each in again if each[0] == " "] == [each for each in told if each[0] == " "]
    assert "holds no index" in run("ask", "--index", tmp_path, "--text", "x", code=1)


def test_an_index_replaces_another_whole_and_nothing_else(
    data: Path, index: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {folder: sorted((path.name, path.read_bytes()) for path in folder.iterdir()) for folder in (index, model)}
    with pytest.raises(NoIndex, match="holds no index of questions"):
        support.build(data, model, 0.5, 0.5)
    write(data, "train", pairs(THINGS[1:]))
    with monkeypatch.context() as patch, pytest.raises(OSError, match="disk"):
        patch.setattr(support, "write_json", lambda path, content: (_ for _ in ()).throw(OSError("the disk is full")))
        support.build(data, index, 0.5, 0.5)
    for folder, files in before.items():
        assert sorted((path.name, path.read_bytes()) for path in folder.iterdir()) == files
    support.build(data, index, 0.5, 0.5)
    assert support.load(index).facts["questions"] == len(THINGS) - 1


def test_what_is_missing_or_changed_is_named(data: Path, index: Path) -> None:
    with pytest.raises(NoQuestion, match="asks nothing"):
        support.load(index).nearest(["?"])
    write(data, "train", [("", "an answer to nothing")])
    with pytest.raises(NoPairs, match="answer no prompt"):
        support.build(data, index, 0.5, 0.5)
    (index / "pairs.parquet").write_bytes((data / "val.parquet").read_bytes())
    with pytest.raises(NoIndex, match="not the one that was written"):
        support.load(index)
