"""A corpus to pretrain on, through the whole pipeline and the audit of its run."""

import json

import pandas as pd
import pytest

from tests.pipeline.clone import PROMPTGAN, Clone, pairs

ANSWERS = [line.partition(",")[2] for line in pairs().splitlines()[1:]]
LINES = [*(answer.replace(".", " indeed!") for answer in ANSWERS), "nobody knows the name of it", "call 555-555-0134"]
"""Near duplicates of every text that there is, a sound text and one that breaks a rule."""
DATA_SET = f"""
import hashlib
from dataclasses import dataclass
from typing import Literal

from promptgan.core.parameters import Section
from promptgan.data.sources import Licence, Seeded, Upstream, content_sha256

TASK = "text"
FILE = "sayings.txt"
CONTENT = {chr(10).join(LINES)!r}.encode()


class Parameters(Section):
    name: Literal["sayings"]


@dataclass(frozen=True)
class Sayings(Seeded):
    def content(self):
        return CONTENT


def upstream(parameters):
    digest = hashlib.sha256(CONTENT).hexdigest()
    licence = Licence("CC0-1.0", "sure", "made for a test")
    return Upstream("sayings of nobody", licence, (Sayings(digest, 1, FILE),), content_sha256({{FILE: digest}}))


def records(raw, parameters):
    import pandas as pd

    lines = (raw / FILE).read_text().splitlines()
    rows = [(f"s{{i}}", f"g{{i}}", "", line) for i, line in enumerate(lines)]
    return pd.DataFrame(rows, columns=["id", "group", "prompt", "text"])
"""


@pytest.fixture(scope="module")
def run(source: Clone, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A clone in which the pipeline has run with a corpus; to be read only."""
    clone = source.fresh(tmp_path_factory.mktemp("corpus") / "clone")
    (clone.path / "src/promptgan/data/sets/sayings.py").write_text(DATA_SET, encoding="utf-8")
    clone.set("corpus", {"name": "sayings", "epochs": 1.5})
    clone.promptgan("check")
    clone.dvc("repro")
    clone.git("add", "--all")
    clone.git("commit", "--quiet", "--message", "results")
    return clone


def test_only_what_is_near_no_held_out_text_is_read_and_it_is_counted(run: Clone) -> None:
    names = ("val", "test", "judge", "corpus")
    splits = {name: pd.read_parquet(run.path / f"data/validated/{name}.parquet") for name in names}
    counts = json.loads((run.path / "metrics/validation.json").read_text())["corpus"]
    left_out = {entry["rule"]: entry["rows"] for entry in counts["left_out"]}
    assert set(splits["corpus"]["prompt"]) == {""}
    kept = {text.replace(" indeed!", ".") for text in splits["corpus"]["text"]}
    held_out = {text for name in ("val", "test", "judge") for text in splits[name]["text"]}
    assert kept == {*ANSWERS, "nobody knows the name of it"} - held_out
    assert len(held_out) > 100
    assert left_out["contact-details"] == 1
    assert counts["kept"] == len(splits["corpus"]) == counts["read"] - sum(left_out.values())
    meta = json.loads((run.path / "data/tokens/meta.json").read_text())["splits"]["corpus"]
    assert (meta["records"], meta["prompt_tokens"]) == (counts["kept"], 0)
    tokens = json.loads((run.path / "metrics/pretrain.json").read_text())["corpus_tokens"]
    assert 1 < tokens / (meta["text_tokens"] + meta["records"]) < 2


def test_the_audit_is_whole_and_the_corpus_and_its_licence_are_named(run: Clone) -> None:
    said = run.promptgan("lineage", "verify")
    assert "every link holds" in said
    assert "corpus: seed 1/sayings.txt" in said
    chain = json.loads(run.promptgan("lineage", "show", "models/pretrained", "--json"))
    assert chain["corpus"]["title"] == "sayings of nobody"
    for name in ("index.html", "README.md"):
        assert "sayings of nobody" in (run.path / "reports/html" / name).read_text()


def test_an_audit_names_a_text_that_the_corpus_does_not_hold_and_one_that_is_held_out(
    run: Clone, tmp_path_factory: pytest.TempPathFactory
) -> None:
    clone = run.copy(tmp_path_factory.mktemp("edited") / "clone")
    path = clone.path / "data/validated/corpus.parquet"
    corpus = pd.read_parquet(path)
    corpus.loc[0, "text"] = pd.read_parquet(clone.path / "data/validated/test.parquet")["text"][0]
    path.unlink()
    corpus.to_parquet(path, index=False)
    said = clone.refused(*PROMPTGAN, "lineage", "verify")
    link = f"data/validated/corpus.parquet {corpus.loc[0, 'id']} ->"
    assert f"{link} data/corpus" in said
    assert f"{link} data/validated" in said


def test_without_a_corpus_nothing_is_written_of_one(finished: Clone) -> None:
    assert json.loads((finished.path / "data/corpus/provenance.json").read_text()) == {"kind": "none"}
    for folder in ("data/validated", "data/tokens"):
        assert not list((finished.path / folder).glob("corpus.*"))
    for name in ("validation", "pretrain"):
        assert "corpus" not in (finished.path / f"metrics/{name}.json").read_text()
