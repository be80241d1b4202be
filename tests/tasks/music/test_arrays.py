"""Music as token ids: nothing is unknown, nothing is cut, and training music comes in every key that fits."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from promptgan.forms.tensors import form as tensors
from promptgan.forms.tokens import form
from promptgan.forms.tokens.tokenizer import decode, load_tokenizer
from promptgan.forms.tokens.vocabulary import UNK
from promptgan.media.music import arrays
from promptgan.media.music.keys import transposed
from promptgan.media.music.passages import clipped
from promptgan.media.music.piece import to_json
from promptgan.media.music.prompts import answer, asked, assembled, parse
from promptgan.tasks.music.arrays.arrays import pack
from promptgan.tasks.music.arrays.parameters import Parameters
from promptgan.tasks.music.arrays.tokens import PassageTooLong, pairs_of
from tests.tasks.music.conftest import chorale
from tests.tasks.music.pieces import higher, piece
from tests.tasks.music.test_records import SECTION

MUSIC = {name: chorale(seed, bars=2) for seed, name in enumerate(("train", "val", "test", "judge"))}


@pytest.fixture
def validated(tmp_path: Path) -> Path:
    """A passage in each split, as validation leaves them, to be harmonised."""
    folder = tmp_path / "validated"
    folder.mkdir()
    for name, music in MUSIC.items():
        row = {"id": name, "prompt": str(asked(music, "melody")), "music": to_json(music)}
        pd.DataFrame([row]).to_parquet(folder / f"{name}.parquet")
    section: dict[str, Any] = {**SECTION, "prompt": {"kind": "melody"}}
    parameters = {"validate": section, "data": {"bars": 2, "key": "own"}}
    (folder / "run.json").write_text(json.dumps({"parameters": parameters}))
    return folder


def test_ids_say_prompt_and_answer_and_nothing_is_unknown(validated: Path, tmp_path: Path) -> None:
    pack(validated, tmp_path / "tokens", Parameters(max_tokens=80, height=None, transpose="none"))
    tokenizer = load_tokenizer(tmp_path / "tokens")
    for name, music in MUSIC.items():
        rows = {side: form.split(tmp_path / "tokens", name).rows(side, np.arange(1)) for side in ("prompt", "text")}
        assert all(UNK not in row for side in rows.values() for row in side)
        prompt, words = (decode(tokenizer, rows[side])[0] for side in ("prompt", "text"))
        assert assembled(parse(prompt), words.split(), 4)[0].voices == music.voices


def test_training_passages_alone_come_in_every_key_that_the_range_allows(validated: Path, tmp_path: Path) -> None:
    meta = pack(validated, tmp_path / "tokens", Parameters(max_tokens=80, height=None, transpose="all"))
    pitches = [note.pitch for voice in MUSIC["train"].voices for note in voice.notes]
    fitting = [s for s in range(-5, 7) if min(pitches) + s >= 36 and max(pitches) + s <= 81]
    assert meta["splits"]["train"]["records"] == len(fitting) > 1
    assert [meta["splits"][name]["records"] for name in ("val", "test", "judge")] == [1, 1, 1]
    ids = form.split(tmp_path / "tokens", "train").ids
    assert ids == [f"train{s:+d}" if s else "train" for s in fitting]


def test_a_transposed_pair_is_the_pair_of_the_transposed_piece() -> None:
    music = MUSIC["train"]
    record = {"id": "r", "prompt": str(asked(music, "chords")), "music": to_json(music)}
    found = {pair.id: pair for pair in pairs_of(record, (0, 127))}
    assert len(found) == 12
    moved = higher(music, -4)
    assert " ".join(found["r-4"].prompt) == str(asked(moved, "chords"))
    assert found["r-4"].text == answer(moved, asked(moved, "chords"))


def test_what_does_not_fit_stops_and_is_not_cut(validated: Path, tmp_path: Path) -> None:
    with pytest.raises(PassageTooLong, match="train takes"):
        pack(validated, tmp_path / "tokens", Parameters(max_tokens=20, height=None, transpose="none"))


def test_silence_is_in_every_key() -> None:
    empty = piece([], [])
    record = {"id": "r", "prompt": str(asked(empty, "key")), "music": to_json(empty)}
    assert len(list(pairs_of(record, (36, 81)))) == 12


def test_rolls_say_the_passages_and_labels_their_keys(validated: Path, tmp_path: Path) -> None:
    meta = pack(validated, tmp_path / "tokens", Parameters(max_tokens=None, height=64, transpose="none"))
    assert tensors.example(tmp_path / "tokens") == tensors.Example(channels=4, height=64, width=32, classes=24)
    for name, music in MUSIC.items():
        found = tensors.split(tmp_path / "tokens", name)
        assert len(found) == meta["splits"][name]["records"] == 1
        assert meta["classes"][found.labels[0]] == f"{music.key} 4/4"
        words = arrays.read(found.images[0], "4/4").words
        assert assembled(parse(f"{music.key} 4/4"), words, 4)[0].voices == music.voices


def test_training_rolls_come_in_every_key_that_the_range_allows(validated: Path, tmp_path: Path) -> None:
    words = pack(validated, tmp_path / "words", Parameters(max_tokens=80, height=None, transpose="all"))
    rolls = pack(validated, tmp_path / "rolls", Parameters(max_tokens=None, height=64, transpose="all"))
    assert rolls["splits"]["train"] == {name: words["splits"]["train"][name] for name in ("records", "passages")}
    labels = tensors.split(tmp_path / "rolls", "train").labels
    ids = form.split(tmp_path / "words", "train").ids
    keys = {name: rolls["classes"][label] for name, label in zip(ids, labels, strict=True)}
    assert keys["train"] == "C major 4/4"
    assert all(keys[f"train{s:+d}"] == f"{transposed('C major', s)} 4/4" for s in (-1, 1))


def test_passages_that_are_shorter_than_a_roll_are_left_out(validated: Path, tmp_path: Path) -> None:
    short = clipped(MUSIC["train"], 0, 96)
    row = {"id": "short", "prompt": "C major 4/4", "music": to_json(short)}
    pd.DataFrame([row]).to_parquet(validated / "val.parquet")
    meta = pack(validated, tmp_path / "tokens", Parameters(max_tokens=None, height=64, transpose="none"))
    assert meta["splits"]["val"] == {"records": 0, "passages": 1}
