"""A tiny run of music that has walked through every stage, each by its own script, on pieces at random."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from promptgan.data.sets import chorales
from promptgan.media.music.notation import write_musicxml
from promptgan.media.music.piece import Note, Piece, Voice
from tests.tasks import walking
from tests.tasks.music.pieces import NAMES

SCALE = (0, 2, 4, 5, 7, 9, 11)
TINY: dict[str, Any] = {
    "compute": {"threads": 1, "precision": "float32"},
    "data": {"bars": 2},
    "validate": {
        "shares": {"val": 0.2, "test": 0.2, "judge": 0.25},
        "near_duplicates": {"threshold": 0.9},
        "min_rows": 50,
    },
    "tokenize": {"max_tokens": 80},
    "generator": {"embedding": 12, "width": 16, "layers": 1},
    "discriminator": {"embedding": 12, "width": 12, "kernel": 3},
    "pretrain": {"epochs": 1, "validate_every": 10, "warmup": 2, "checkpoint_every": 50},
    "train": {
        "steps": 2,
        "warmup": 2,
        "batch": 8,
        "validate_every": 1,
        "validation_count": 10,
        "guards": {"entropy_floor": 0.0, "duplicates_limit": 1.0, "kl_limit": 100.0},
    },
    "judges": {"width": 4, "features": 8, "epochs": 1},
    "generate": {"temperatures": [0.9, 1.0], "count": 12, "heard": 2},
    "evaluate": {"jackknife_groups": 2},
}


def chorale(seed: int, bars: int = 4) -> Piece:
    """Four voices that walk in C major, a quarter or two eighths a beat; every piece has other intervals."""
    random = np.random.default_rng(seed)
    voices = []
    for name, tonic in zip(NAMES, (72, 65, 57, 48), strict=True):
        notes, step = [], 0
        for beat in range(4 * bars):
            for part in range(size := int(random.integers(1, 3))):
                step = int(np.clip(step + random.integers(-2, 3), -3, 3))
                pitch = 12 * (tonic // 12) + 12 * (step // 7) + SCALE[step % 7]
                notes.append(Note(24 * beat + part * 24 // size, 24 // size, pitch))
        voices.append(Voice(name, tuple(notes)))
    return Piece("C major", "4/4", 96.0, 96 * bars, tuple(voices))


def scores() -> Iterator[tuple[str, str]]:
    """Files as the data set has them: pieces, one of three voices, one in another metre, and one that is broken."""
    for seed in range(45):
        yield f"piece{seed}.mxl", write_musicxml(chorale(seed), "a piece").decode()
    trio = chorale(50)
    yield "trio.mxl", write_musicxml(replace(trio, voices=trio.voices[:3]), "a trio").decode()
    yield "five.mxl", write_musicxml(replace(chorale(51), metre="2/4"), "in two").decode()
    yield "broken.mxl", "<score-partwise>"


@pytest.fixture(scope="session")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which every stage of music-gumbel has run."""
    upstream = chorales.upstream(chorales.Parameters(name="chorales", bars=2, key="own"))
    folder = tmp_path_factory.mktemp("music")
    return walking.walked(folder, "music-gumbel", TINY, lambda: walking.put(upstream, dict(scores())))
