"""The leaderboard: what stands in one table, in which order, what is said of an entry, and stable bytes."""

from pathlib import Path

import pytest

from promptgan.experiments import leaderboard
from promptgan.experiments.entry import Entry, EntryUnreadable, Trained
from promptgan.experiments.makeup import Makeup

MADE = Makeup({}, {}, {"data": {"name": "chitchat"}})
DATA = {"title": "Chit-chat", "content_sha256": "0" * 64}


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def trained(seed: int, score: float, converged: bool = True, answers: int = 1000) -> Trained:
    systems = {
        "real": {"ms_jaccard": 0.09},
        "twin": {"ms_jaccard": score - 0.01, "temperature": 0.7},
        "control": "not applicable",
        "adversarial": {"ms_jaccard": score + 0.001 * seed, "temperature": 0.7},
    }
    return Trained(
        lock_sha256="",
        device="AVX2",
        torch="2",
        outputs={"data/tokens": "a"},
        metrics={"evaluation": systems, "pretrain": {"converged": converged}},
        signature=[f"answers: {answers}", f"real: a draw, seed {seed}"],
        curves={"twin": {"self_bleu_4": [0.1, 0.2], "bleu_4": [0.2, score]}},
    )


def write(recipe: str, *runs: Trained) -> None:
    Entry(recipe, DATA, MADE, dict(enumerate(runs, 1))).write()


def page() -> str:
    leaderboard.write()
    return Path("results/README.md").read_text(encoding="utf-8")


def test_the_best_stands_first_and_seeds_give_intervals() -> None:
    write("good", trained(1, 0.2), trained(2, 0.2))
    write("bad", trained(1, 0.1, converged=False))
    text = page()
    assert text.count("\n## ") == 1
    assert text.index("`good`") < text.index("`bad`")
    assert "- `good`: seeds 1, 2; torch 2 on AVX2; **no longer matches**" in text
    assert "- `bad`: one seed, no interval: seed 1; torch 2 on AVX2; the twin had not converged with seed 1;" in text
    assert "|  | adversarial | 0.70 | 0.2015 ± 0.0064 |" in text
    assert "| `good` | − likelihood twin | **+0.0115 ± 0.0064** |" in text
    assert "|  | control twin | – | – |" in text


def test_what_was_measured_in_another_way_stands_in_another_table() -> None:
    write("one", trained(1, 0.2))
    write("two", trained(1, 0.2, answers=10))
    text = page()
    assert text.count("## Chit-chat") == 2
    assert {path.name for path in Path("results").glob("*.svg")} == {
        f"{kind}-chitchat{end}.svg" for kind in ("quality", "differences") for end in ("", "-2")
    }


def test_the_same_entries_give_the_same_bytes_and_old_pictures_go() -> None:
    write("one", trained(1, 0.2), trained(2, 0.21))
    page()
    before = {path.name: path.read_bytes() for path in Path("results").iterdir()}
    (Path("results") / "quality-of-old.svg").write_text("", encoding="utf-8")
    page()
    assert {path.name: path.read_bytes() for path in Path("results").iterdir()} == before


def test_a_run_of_another_makeup_replaces_the_older_ones_and_a_failure_none() -> None:
    entry = Entry("one").with_run(1, MADE, DATA, trained(1, 0.2)).with_run(2, MADE, DATA, trained(2, 0.2))
    assert sorted(entry.with_failure(3, ["no memory"]).trained) == [1, 2]
    assert entry.with_failure(3, ["no memory"]).with_run(3, MADE, DATA, trained(3, 0.2)).failed == {}
    other = Makeup({}, {"code.py": "changed"}, MADE.parameters)
    assert sorted(entry.with_run(3, other, DATA, trained(3, 0.2)).trained) == [3]


def test_a_broken_entry_is_named(repository: Path) -> None:
    write("one", trained(1, 0.2))
    entry = repository / "results/one.json"
    entry.write_text(entry.read_text(encoding="utf-8")[:-20], encoding="utf-8")
    with pytest.raises(EntryUnreadable, match=r"results/one\.json is not what"):
        leaderboard.write()
