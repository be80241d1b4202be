"""The judge of music: windows, what is done to them, and an extractor that learns to hear it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from promptgan.media.music.piece import Piece
from promptgan.tasks.music.judges import extractor as networks
from promptgan.tasks.music.judges.extractor import Extractor, NoExtractor, pieces_heard, rolls
from promptgan.tasks.music.judges.hearing import Fitted, TooFewPassages, every_class, fit_pieces
from promptgan.tasks.music.judges.parameters import Parameters
from promptgan.tasks.music.judges.tampering import (
    CLASSES,
    PITCH,
    TAMPERINGS,
    TICKS,
    VOICE,
    Window,
    windows,
    wrong_end,
    wrong_notes,
    wrong_time,
    wrong_voice,
)
from promptgan.training.loop.checkpoint import Checkpoint
from tests.tasks.music.pieces import chords, drawn, piece

PARAMETERS = Parameters(width=4, features=8, dropout=0.0, batch=16, learning_rate=0.01, epochs=4, patience=4)
CPU = torch.device("cpu")


def harmony(seed: int) -> Piece:
    """Chords of one key in four voices: what is done to them can be heard."""
    random = np.random.default_rng(seed)
    triads = [(72, 67, 64, 48), (72, 69, 65, 53), (74, 71, 67, 55), (76, 69, 60, 57)]
    return chords(*(triads[k] for k in random.integers(len(triads), size=16)))


@pytest.fixture
def fitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_thread: None) -> Callable[[], Fitted]:
    monkeypatch.chdir(tmp_path)

    def fit() -> Fitted:
        with Checkpoint("judges", {}) as checkpoint:
            return fit_pieces([harmony(seed) for seed in range(40)], PARAMETERS, 1, CPU, checkpoint)

    return fit


def test_windows_are_eight_quarters_every_four() -> None:
    music = piece([(0, 24, 60), (90, 12, 62), (180, 60, 64)], [(300, 12, 40)], ticks=384)
    first, second, third = windows(music)
    assert first.tolist() == [[0, 0, 24, 60], [0, 90, 102, 62], [0, 180, 192, 64]]
    assert second.tolist() == [[0, 0, 6, 62], [0, 84, 144, 64]]
    assert third.tolist() == [[0, 0, 48, 64], [1, 108, 120, 40]]
    assert [len(window) for window in windows(piece([(0, 24, 60)], ticks=48))] == [1]
    assert windows(piece([])) == []


def test_each_tampering_changes_what_it_says_and_nothing_else() -> None:
    random = np.random.default_rng(1)
    window, other = windows(drawn(1))[0], windows(drawn(2))[0]
    before = window.copy()

    changed = wrong_notes(window, other, random)
    moved = np.abs(changed - window)
    assert (moved[:, :PITCH] == 0).all()
    assert np.count_nonzero(moved) == max(2, len(window) // 6) and moved.max() <= 2

    late = wrong_time(window, other, random)
    unmoved = _common(window, late)
    [voice] = set(range(4)) - set(unmoved[:, VOICE].tolist())
    assert len(unmoved) == (window[:, VOICE] != voice).sum()
    assert late[:, 1:3].max() <= TICKS

    swapped = wrong_voice(window, other, random)
    kept = {v for v in range(4) if _voice(swapped, v) == _voice(window, v)}
    assert len(kept) == 3
    assert all(_voice(swapped, v) == _voice(other, v) for v in set(range(4)) - kept)

    ended = wrong_end(window, other, random)
    halves = rolls([ended, window, other])
    assert torch.equal(halves[0, :, :16], halves[1, :, :16])
    assert torch.equal(halves[0, :1, 16:], halves[2, :1, 16:])
    assert (window == before).all() and len(TAMPERINGS) == CLASSES - 1


def test_rolls_hold_what_sounds_and_what_begins() -> None:
    roll = rolls([np.array([[0, 0, 12, 60], [1, 9, 11, 60], [1, 190, 192, 10]])])[0]
    assert roll.shape == (2, 32, 88)
    assert roll[0].nonzero().tolist() == [[0, 39], [1, 39], [31, 1]]  # C4 is key 39; B flat -1 becomes that above
    assert roll[1].nonzero().tolist() == [[0, 39], [1, 39], [31, 1]]


def test_features_are_the_same_an_octave_higher() -> None:
    torch.manual_seed(1)
    extractor = Extractor(4, 8).eval()
    low = windows(chords((60, 57, 53, 48), (60, 55, 52, 48)))
    high = [window + np.array([0, 0, 0, 12]) for window in low]
    torch.testing.assert_close(extractor.features(rolls(low)), extractor.features(rolls(high)))


def test_it_learns_what_was_done_and_ends_the_same_each_time(fitted: Callable[[], Fitted], tmp_path: Path) -> None:
    one, other = fitted(), fitted()
    assert one.metrics == other.metrics
    assert one.metrics["windows"] == {"train": 96, "stop": 12, "report": 12}
    assert one.metrics["extractor"]["accuracy"] > one.metrics["nearest_mean"]["accuracy"]
    assert one.metrics["extractor"]["accuracy"] > 1.5 / CLASSES
    one.save(tmp_path / "judges")
    loaded = networks.load(tmp_path / "judges")
    (features, real), (_, spoilt) = pieces_heard(loaded, [harmony(99), drawn(99)])
    assert features.shape == (3, 8)
    assert real > spoilt
    assert all(torch.equal(a, b) for a, b in zip(loaded.parameters(), one.extractor.parameters(), strict=True))


def test_every_class_stands_once_for_each_window() -> None:
    notes, kinds = every_class(windows(drawn(1)), [1])
    assert np.bincount(kinds).tolist() == [3] * CLASSES
    assert all(np.array_equal(notes[k], window) for k, window in zip((0, 5, 10), windows(drawn(1)), strict=True))


def test_silence_is_heard_as_nothing() -> None:
    extractor = Extractor(4, 8).eval()
    (features, sure), (others, _) = pieces_heard(extractor, [piece([]), drawn(1)])
    assert features.shape == (0, 8) and np.isnan(sure) and others.shape == (3, 8)
    assert pieces_heard(extractor, [piece([])])[0][0].shape == (0, 8)


def test_too_few_passages_and_a_missing_extractor_say_so(tmp_path: Path) -> None:
    with pytest.raises(TooFewPassages, match="19 passages"):
        fit_pieces([harmony(1)] * 19, PARAMETERS, 1, CPU, Checkpoint.__new__(Checkpoint))
    with pytest.raises(NoExtractor, match="dvc repro judges"):
        networks.load(tmp_path)


def _voice(window: Window, voice: int) -> list[list[int]]:
    return sorted(window[window[:, VOICE] == voice].tolist())


def _common(one: Window, other: Window) -> Window:
    rows = set(map(tuple, one.tolist())) & set(map(tuple, other.tolist()))
    return np.array(sorted(rows), dtype=np.int64).reshape(-1, 4)
