"""Tiny labelled texts of two sources: of three labels, and rated ones that have walked through every stage."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from promptgan.core.files import write_json
from promptgan.data.sets import brown_genres, sentiment
from promptgan.data.tables.rated import FILES
from tests.conftest import Shared
from tests.tasks import walking

WORDS = {
    "sport": ["goal", "match", "team", "coach"],
    "tech": ["screen", "robot", "code", "chip"],
    "world": ["vote", "treaty", "border", "minister"],
}
THINGS = ["people", "monday", "plan", "money", "city", "day", "story", "result", "talk", "year"]


def texts(count: int) -> pd.DataFrame:
    """Canonical records; every third one has the same label."""
    random = np.random.default_rng(1)
    rows = []
    for number in range(count):
        label = sorted(WORDS)[number % 3]
        things = " ".join(random.choice(THINGS, 4))
        text = f"the {random.choice(WORDS[label])} of {things} number {number}"
        rows.append((f"t{number}", f"g{number}", text, label, ("wire", "paper")[number % 2]))
    return pd.DataFrame(rows, columns=["id", "group", "text", "label", "source"])


SOURCES = ["movies", "products"]
RATED = {"positive": ["good", "great", "superb", "warm"], "negative": ["bad", "dull", "awful", "cold"]}
TINY: dict[str, Any] = {
    "compute": {"threads": 1, "precision": "float32"},
    "data": {"sources": SOURCES},
    "corpus": {"name": "brown_genres", "epochs": 2},
    "validate": {
        "shares": {"val": 0.2, "test": 0.2, "judge": 0.2},
        "min_rows": 100,
        "min_per_label": 5,
        "max_quarantine_share": 0.5,
    },
    "tokenize": {"vocabulary": 300, "max_tokens": 24},
    "encoder": {"body": {"embedding": 12, "width": 12, "dropout": 0.1}},
    "generator": {"embedding": 16, "width": 24, "latent": 8},
    "discriminator": {"embedding": 12, "width": 8},
    "pretrain": {
        "masked": {"epochs": 1, "share": 0.2, "learning_rate": 0.01, "batch": 16},
        "steps": 40,
        "warmup": 4,
        "validate_every": 20,
        "checkpoint_every": 20,
        "learning_rate": 0.01,
    },
    "train": {
        "steps": 40,
        "warmup": 4,
        "validate_every": 20,
        "checkpoint_every": 20,
        "learning_rate": 0.01,
        "autoencoding": {"steps": 40, "anneal": 20, "player": {"learning_rate": 0.01}},
        "competing": {"steps": 4, "warmup": 4},
        "drawing": {"each": 60, "agreement": 0.0, "near": 1.0},
    },
    "generate": {"attacked": 12, "queries": 40, "words": 2, "drawn": 10, "shown": 2},
    "evaluate": {"resamples": 100, "few_labels": {"labels": [20, 40], "draws": 2, "steps": 10}},
}


def reviews(count: int) -> pd.DataFrame:
    """Canonical records whose label one word tells, of two sources; one in ten has the word of the other label."""
    random = np.random.default_rng(1)
    rows = []
    for number in range(count):
        source, label = SOURCES[number % 2], sorted(RATED)[number // 2 % 2]
        told = sorted(RATED)[(number // 2 + (random.random() < 0.1)) % 2]
        things = random.choice(THINGS, 3)
        text = f"the {things[0]} and {things[1]} of {things[2]} {number // 4 % 10} is {random.choice(RATED[told])}"
        rows.append((f"{source}-{number}", f"{source}-{number}", text, label, source))
    return pd.DataFrame(rows, columns=["id", "group", "text", "label", "source"])


@pytest.fixture(scope="session")
def walked(shared: Shared) -> Path:
    """The folder in which every stage has run, of a recipe with a generator and a corpus."""
    section = sentiment.Parameters(name="sentiment", sources=SOURCES, least_score=0.5)  # type: ignore[arg-type]
    files = {FILES[source]: walking.rated(reviews(600), source, "positive") for source in SOURCES}
    upstream = sentiment.upstream(section)

    def download() -> None:
        walking.put(upstream, files)
        corpus = brown_genres.upstream(brown_genres.Parameters(name="brown_genres"))
        sentences = "\n".join(f"The/at {thing}/nn was/bed {i}/cd ./." for i, thing in enumerate(THINGS * 4))
        Path("data/corpus/ca01").write_text(sentences)
        Path("data/corpus/cats.txt").write_text("ca01 news")
        write_json(Path("data/corpus/provenance.json"), {**corpus.described(corpus.sources[0]), "files": {}})

    return shared("classification", lambda folder: walking.walked(folder, "label-prompt-gan", TINY, download))


@pytest.fixture(scope="session")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> "pd.DataFrame":
    """Ninety of them."""
    return texts(90)
