"""A data folder of questions, of which it is known what retrieval does with each; a table of who likes which films."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from promptgan.applications.support import support
from tests.serving.conftest import write_model

THINGS = ["laptop", "printer", "mouse", "screen", "router", "camera", "phone", "keyboard", "speaker", "cable", "modem"]
FAR = ["who wrote hamlet?", "do you like jazz?", "is it raining in rome?"]
ANSWER, UNLIKE = "please restart your {} and wait a minute", "the moon is made of cheese, dear"


def write(data: Path, split: str, pairs: list[tuple[str, str]]) -> None:
    rows = [(f"{split}-{n}", f"{split}-{n}", *pair) for n, pair in enumerate(pairs)]
    pd.DataFrame(rows, columns=["id", "group", "prompt", "text"]).to_parquet(data / f"{split}.parquet", index=False)


def pairs(things: list[str]) -> list[tuple[str, str]]:
    return [(f"my {thing} does not turn on", ANSWER.format(thing)) for thing in things]


def write_data(data: Path) -> None:
    """Training questions come again in validation with their answers; far ones, with others, do not."""
    write(data, "train", pairs(THINGS))
    write(data, "val", [*pairs(THINGS), *((question, UNLIKE) for question in FAR)])
    known = pairs(THINGS)[:2]
    test = [known[0], (known[1][0].upper(), UNLIKE), (FAR[0], "shakespeare"), (FAR[0].upper(), "a poet")]
    write(data, "test", test)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Splits: of the three questions of test one is known, one known with an unlike answer, one unknown."""
    folder = tmp_path / "data"
    folder.mkdir()
    write_data(folder)
    return folder


@pytest.fixture
def index(data: Path, tmp_path: Path) -> Path:
    support.build(data, tmp_path / "index", precision=1.0, like=0.5)
    return tmp_path / "index"


@pytest.fixture
def model(tokens: Path, tmp_path: Path) -> Path:
    """A model folder of texts with fresh weights, and a discriminator."""
    write_model(tmp_path / "model", tokens, seed=0)
    return tmp_path / "model"


KINDS = ["space war", "love story", "talking animals", "haunted house"]


def write_films(path: Path) -> None:
    """A table of 40 users, each of whom likes five of the eight parts of one kind of film."""
    rows = [("user", "item", "text")]
    for user in range(40):
        kind = KINDS[user % 4]
        parts = np.random.default_rng(user).permutation(8)[:5]
        rows += [(f"u{user}", f"{kind.split()[0]}{part}", f"{kind}, part {part}") for part in parts]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
