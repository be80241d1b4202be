"""What a text answers, by kind: made by validation, derived again by an audit."""

import functools
import json
import random
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from promptgan.core.parameters import ParameterError, validate_section
from promptgan.data.sets import local_text
from promptgan.lineage.checks.records import from_raw
from promptgan.quality.examination import TableRuleBroken
from promptgan.quality.output import Validated, write_parquet
from promptgan.tasks.text.audit import kept
from promptgan.tasks.text.records.parameters import Parameters
from promptgan.tasks.text.records.prompts import NoLabels
from promptgan.tasks.text.records.records import validate
from tests.stages.test_validate import VALIDATE

KINDS: dict[str, dict[str, Any]] = {
    "given": {"kind": "given"},
    "none": {"kind": "none"},
    "label": {"kind": "label"},
    "prefix": {"kind": "prefix", "words": 3},
    "keywords": {"kind": "keywords", "words": 2, "order": "rarity"},
    "alphabetical": {"kind": "keywords", "words": 2, "order": "alphabetical"},
}


def section(kind: str) -> dict[str, Any]:
    return VALIDATE | {"prompt": KINDS[kind]}


def validated(records: pd.DataFrame, kind: str) -> Validated:
    return validate(records, validate_section(Parameters, section(kind), "validate"))


def records() -> pd.DataFrame:
    source = random.Random(0)
    vocabulary = ["".join(source.choices("abcdefghijklmnop", k=5)) for _ in range(500)]
    sentence = lambda: " ".join(source.choices(vocabulary, k=8))  # noqa: E731
    rows = [(f"r{i}", f"g{i // 3}", sentence(), sentence(), f"genre {i % 2}") for i in range(300)]
    frame = pd.DataFrame(rows, columns=["id", "group", "prompt", "text", "label"])
    frame.loc[0, "text"] = "  The “Quick” (brown) fox, the\u3000fox!"
    frame.loc[1, "text"] = "well now"
    return frame


@functools.cache
def made(kind: str) -> dict[str, tuple[Any, str]]:
    """What these records become."""
    return by_id(validated(records(), kind))


def by_id(result: Validated) -> dict[str, tuple[Any, str]]:
    together = pd.concat(result.splits.values())
    return dict(zip(together["id"], zip(together["prompt"], together["text"], strict=True), strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_makes_its_prompt_of_the_normalised_record(kind: str) -> None:
    raw, found = records(), made(kind)
    first = 'The "Quick" (brown) fox, the fox!'
    expected = {
        "given": (raw["prompt"][0], first),
        "none": ("", first),
        "label": ("genre 0", first),
        "prefix": ('The "Quick" (brown)', "fox, the fox!"),
        "keywords": ("brown fox", first),
        "alphabetical": ("brown fox", first),
    }
    assert found["r0"] == expected[kind]
    if kind == "prefix":
        assert {f"{prompt} {text}" for prompt, text in found.values()} == {first, *raw["text"][2:]}


def test_keywords_are_those_that_the_fewest_texts_hold() -> None:
    raw = records()
    held = Counter(word for text in raw["text"] for word in set(text.lower().split()))
    for kind in ("keywords", "alphabetical"):
        for id, (prompt, text) in made(kind).items():
            if id not in ("r0", "r1"):
                rarest = sorted(set(text.split()), key=lambda word: (held[word], word))[:2]
                assert prompt.split() == (rarest if kind == "keywords" else sorted(rarest))


@pytest.mark.parametrize(("kind", "short"), [("prefix", "one two three!"), ("keywords", "Fox, fox, FOX")])
def test_a_text_too_short_for_its_prompt_goes_to_quarantine_as_it_came(kind: str, short: str) -> None:
    raw = records()
    raw.loc[2, "text"] = short
    raw.loc[1, "text"] = raw.loc[4, "text"] + " more"
    result = validated(raw, kind)
    assert result.quarantine[["id", "rule", "prompt", "text"]].values.tolist() == [
        ["r2", "too-short", raw["prompt"][2], short]
    ]
    assert result.summary["share_defective"] == 0


def test_the_prompt_of_the_data_is_not_asked_for_where_it_is_not_used() -> None:
    raw = records()
    raw.loc[5, "prompt"] = None
    raw.loc[6, "prompt"] = "call (801) 555-0134"
    assert {"r5", "r6"} <= set(by_id(validated(raw, "none")))
    assert {"r5", "r6"}.isdisjoint(by_id(validated(raw, "given")))


def test_without_prompts_equal_texts_are_equal_records_within_and_across_splits() -> None:
    raw = records().drop(columns="label")
    before = {name: list(frame["id"]) for name, frame in validated(raw, "none").splits.items()}
    test, train, again = before["test"][0], before["train"][5], before["train"][6]
    text = raw.set_index("id").loc[test, "text"]
    raw.loc[raw["id"].isin([train, again]), "text"] = text
    rules = validated(raw, "none").quarantine.set_index("id")["rule"]
    assert rules[train] == "duplicate-across-splits"
    assert rules[again] == "exact-duplicate"


def test_labels_are_refused_where_there_are_none() -> None:
    with pytest.raises(NoLabels, match=r"no label"):
        validated(records().drop(columns="label"), "label")


def test_a_defect_is_still_found_in_a_text_without_prompt() -> None:
    raw = records()
    raw.loc[:100, "text"] = " "
    with pytest.raises(TableRuleBroken, match="empty-side 101"):
        validated(raw, "none")


@pytest.mark.parametrize("kind", KINDS)
def test_an_audit_derives_the_same_records_from_the_raw_ones(kind: str) -> None:
    again = kept(records(), section(kind)).set_index("id")
    for id, pair in made(kind).items():
        assert pair == tuple(again.loc[id, ["prompt", "text"]])


@pytest.mark.parametrize("kind", ["given", "none", "prefix", "keywords"])
def test_the_check_of_records_finds_a_changed_prompt_and_nothing_else(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("data/raw").mkdir(parents=True)
    Path("data/excluded.csv").write_text("data,id,reason\n")
    lines = [f"word{i} is “sentence” of the {i * 7919}th kind" for i in range(300)]
    Path("data/raw/my.txt").write_text("\n".join(lines))
    data = {"name": "local_text", "file": "my.txt", "sha256": "0" * 64, "prompt": None, "text": None, "first_words": 2}
    raw = local_text.records(Path("data/raw"), validate_section(local_text.Parameters, data, "data"))
    parameters = {"task": "text", "data": data, "validate": section(kind)}
    result = validated(raw, kind)
    for name, frame in {**result.splits, "quarantine": result.quarantine}.items():
        write_parquet(frame, tmp_path / f"{name}.parquet")

    def table(path: str) -> pa.Table:
        return pa.parquet.read_table(tmp_path / Path(path).name)

    evidence: Any = SimpleNamespace(
        lock=SimpleNamespace(stages={"validate": SimpleNamespace(parameters=parameters)}), table=table
    )
    assert list(from_raw(evidence)) == []
    changed = result.splits["val"].copy()
    changed.iloc[3, changed.columns.get_loc("prompt")] += " x"
    write_parquet(changed, tmp_path / "val.parquet")
    (found,) = from_raw(evidence)
    assert f"val.parquet {changed['id'].iloc[3]} prompt -> data/raw" in found.link


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ({"kind": "prefix"}, "validate.prompt.words: missing"),
        ({"kind": "none", "words": 3}, "validate.prompt.words: unknown key; allowed here: kind"),
        ({"kind": "suffix"}, "'given', 'none', 'label', 'prefix', 'keywords'"),
    ],
)
def test_a_wrong_kind_or_key_is_named(prompt: dict[str, Any], words: str) -> None:
    with pytest.raises(ParameterError) as caught:
        validate_section(Parameters, json.loads(json.dumps(VALIDATE | {"prompt": prompt})), "validate")
    assert words in caught.value.problem
