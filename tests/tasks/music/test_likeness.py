"""What is alike in music, whatever the key."""

import pandas as pd

from promptgan.media.music.piece import to_json
from promptgan.tasks.music.likeness import longest, origin, phrases, relatives, repeats
from promptgan.tasks.music.shift import shift
from tests.tasks.music.pieces import drawn, higher, piece

NEAR = {"near_duplicates": {"shingle_words": 3, "threshold": 0.7}}
MUSIC = {name: drawn(seed) for seed, name in enumerate("abcd")}


def records(**pieces: object) -> pd.DataFrame:
    lines = [each if isinstance(each, str) else to_json(each) for each in pieces.values()]  # type: ignore[arg-type]
    return pd.DataFrame(
        {"id": list(pieces), "group": list(pieces), "source": [f"{name}, bar 1" for name in pieces], "music": lines}
    )


def test_a_record_has_its_transposed_copy_as_a_relative_and_no_other_piece() -> None:
    ours = records(a=MUSIC["a"])
    others = records(copy=higher(MUSIC["a"], 3), b=MUSIC["b"], broken="b.mid: cannot be read")
    assert relatives(ours, others, NEAR) == ["the same music", "", ""]
    assert phrases(ours, others) == ()


def test_a_piece_of_which_a_note_was_changed_is_nearly_the_same() -> None:
    first, *rest = MUSIC["a"].voices
    changed = piece(
        *[[(n.onset, n.duration, n.pitch) for n in v.notes] for v in (first, *rest[:-1])],
        [(n.onset, n.duration, n.pitch + (i == 3)) for i, n in enumerate(rest[-1].notes)],
        ticks=MUSIC["a"].ticks,
    )
    assert relatives(records(a=MUSIC["a"]), records(changed=changed), NEAR) == ["nearly the same music"]


def test_samples_that_are_a_record_in_another_key_are_its_repeats() -> None:
    samples = records(x=MUSIC["b"], y=higher(MUSIC["a"], -2))
    assert repeats({"music": to_json(MUSIC["a"])}, samples) == [1]
    assert repeats({"music": "broken.mid: cannot be read"}, samples) == []


def test_the_longest_shared_run_is_of_intervals_and_durations() -> None:
    one = [((2, 24), (2, 24), (-1, 12)), ((5, 6),)]
    other = [((0, 24), (2, 24), (2, 24), (1, 12))]
    assert (longest(one, other), longest(one, [((9, 9),)]), longest([], other)) == (3, 0, 0)


def test_a_copied_voice_is_traced_to_its_bars() -> None:
    train = records(**{name: MUSIC[name] for name in "bcd"})
    copied = higher(MUSIC["c"], 4)
    found = origin({"music": to_json(copied)}, train, train)
    notes = max(len(voice.notes) for voice in MUSIC["c"].voices)
    assert found["nearest"][0] == {"id": "c", "group": "c", "source": "c, bar 1", "notes": notes}
    assert found["verdict"].startswith("copied in part; ")
    scale = piece([(24 * i, 24, 60 + 5 * i) for i in range(4)])
    assert "copied" not in origin({"music": to_json(scale)}, train, train)["verdict"]


def test_versions_differ_in_what_moved() -> None:
    before, after = records(a=MUSIC["a"]), records(a=higher(MUSIC["a"], 12), waltz=piece([(0, 72, 60)], metre="3/4"))
    moved = {each.name: each for each in shift(before, after).measures}
    assert moved["pitch, mean"].after > moved["pitch, mean"].before
    assert (moved["metre 3/4"].before, moved["metre 3/4"].after) == (0, 0.5)
    assert all(each.distance in (0, None) for each in shift(before, before).measures)
