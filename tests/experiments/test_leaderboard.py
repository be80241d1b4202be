"""The leaderboard: what stands in one table, in which order, what is said of an entry, and stable bytes."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from promptgan.experiments import leaderboard
from promptgan.experiments.entry import Entry, EntryUnreadable, Trained
from promptgan.experiments.makeup import Makeup
from promptgan.terms.comparison import ONE_SEED

MADE = Makeup({}, {"code.py": "a"}, {"task": "text", "data": {"name": "chitchat"}})
DATA = {"title": "Chit-chat", "content_sha256": "0" * 64}


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def trained(
    seed: int,
    score: float,
    converged: bool = True,
    answers: int = 1000,
    gaps: dict[str, dict[str, float]] | None = None,
) -> Trained:
    systems = {
        "real": {"mauve_embedding": 0.9},
        "twin": {"mauve_embedding": score - 0.01, "temperature": 0.7},
        "control": "not applicable",
        "adversarial": {"mauve_embedding": score + 0.001 * seed, "temperature": 0.7},
    }
    return Trained(
        lock_sha256="",
        device="AVX2",
        torch="2",
        outputs={"data/tokens": "a"},
        systems=systems,
        gaps=gaps or {},
        metrics={"pretrain": {"converged": converged}},
        signature=[f"answers: {answers}", f"real: a draw, seed {seed}"],
        curves={"twin": {"self_bleu_4": [0.1, 0.2], "bleu_4": [0.2, score]}},
    )


def write(recipe: str, *runs: Trained, data: dict[str, str] = DATA, made: Makeup = MADE) -> None:
    Entry(recipe, data, made, dict(enumerate(runs, 1))).write()


def page() -> str:
    leaderboard.write()
    return Path("results/README.md").read_text(encoding="utf-8")


def test_the_best_stands_first_and_seeds_give_intervals() -> None:
    write("good", trained(1, 0.2), trained(2, 0.2))
    write("bad", trained(1, 0.1, converged=False))
    text = page()
    assert [line for line in text.splitlines() if line.startswith("## ")] == ["## Chit-chat"]
    assert text.index("`good`") < text.index("`bad`")
    assert "- `good`: seeds 1, 2; torch 2 on AVX2\n" in text
    assert (
        "- `bad`: one seed, no interval: seed 1; torch 2 on AVX2; no verdict: the twin had not converged with seed 1\n"
    ) in text
    assert (
        "| 1 | `good` | 2 | 0.2015 ± 0.0064 |\n| 2 | `bad` | 1 | 0.1010 |\n|  | real data | 2 | 0.9000 ± 0.0000 |"
        in text
    )
    assert "| `good` | adversarial | 0.2015 ± 0.0064 | 0.7 ± 0 |" in text
    assert "| `good` | − likelihood twin | **+0.0115 ± 0.0064** |" in text
    assert "| `good` | control twin |" not in text


def test_what_lies_beyond_real_data_is_no_better() -> None:
    write("near", trained(1, 0.85))
    write("beyond", trained(1, 0.99))
    text = page()
    assert "how near that is to real data, beyond which nothing is better" in text
    assert "| 1 | `near` | 1 | 0.8510 |\n| 2 | `beyond` | 1 | 0.9910 |" in text


def test_one_seed_says_its_error_over_examples_and_what_it_said_of_itself() -> None:
    said = ["BLEU-4: adversarial dominates twin", ONE_SEED]
    gaps = {"twin": {"bleu_4": 0.02}}
    run = replace(trained(1, 0.2, gaps=gaps), errors={"adversarial": {"mauve_embedding": 0.004}}, verdict=said)
    write("one", run)
    write("open", replace(run, metrics={"pretrain": {"converged": False}}))
    write("two", run, replace(run, metrics={"control": {"cost_of_adversarial": 0.36}}))
    text = page()
    assert "; the control took 36% of the adversarial phase's cost, as nothing was better any more\n" in text
    assert "| `one` | 1 | 0.2010 (0.0040) |" in text
    assert "| `two` | 2 | 0.2010 ± 0.0000 |" in text
    assert "- `one`: BLEU-4: adversarial dominates twin\n" in text
    assert "- `open`: BLEU-4" not in text
    assert ONE_SEED not in text


def test_what_is_compared_at_equal_values_says_of_what() -> None:
    write("good", trained(1, 0.2, gaps={"twin": {"bleu_4": 0.02}}))
    assert "BLEU-4 → real *at equal Self-BLEU-4* |" in page()


def test_a_preset_without_adversary_is_ranked_by_its_twin() -> None:
    write("good", trained(1, 0.2))
    lone = trained(1, 0.3)
    write("lone", replace(lone, systems={**lone.systems, "adversarial": "not applicable"}))
    text = page()
    assert "| 1 | `lone` (likelihood twin) | 1 | 0.2900 |\n| 2 | `good` | 1 | 0.2010 |\n" in text
    assert "| `good` | 1 | -0.0890 |" in text
    assert "| `lone` | − likelihood twin |" not in text


def test_presets_stand_against_the_best_of_those_with_the_most_seeds() -> None:
    write("lone", trained(1, 0.3))
    write("good", trained(1, 0.2), trained(2, 0.2))
    write("bad", trained(1, 0.1), trained(2, 0.1))
    text = page()
    assert "| minus `good` | seeds of both | MAUVE, MiniLM ↑ |" in text
    assert "| `lone` | 1 | +0.1000 |\n| `bad` | 1, 2 | **-0.1000 ± 0.0000** |\n\n" in text


def test_a_preset_alone_stands_against_no_other() -> None:
    write("lone", trained(1, 0.3))
    assert "Preset against preset" not in page()


def test_a_twin_that_had_not_converged_gives_no_verdict() -> None:
    write("open", trained(1, 0.2, converged=False), trained(2, 0.2, converged=False))
    text = page()
    assert "; no verdict: the twin had not converged with seeds 1, 2\n" in text
    assert "| `open` | − likelihood twin | +0.0115 ± 0.0064 |" in text


def test_the_page_says_what_was_run_otherwise() -> None:
    write("good", trained(1, 0.2))
    own = {"train": {"objective": "hinge"}, "judges": {"epochs": 3}}
    other = Makeup({}, {"code.py": "b"}, {**MADE.parameters, **own})
    write("other", trained(1, 0.1), made=other)
    text = page()
    assert "AVX2; measured differently from `good`: judges.epochs 3 instead of nothing; **run with" in text
    assert "hinge" not in text
    assert "; **run with other versions than `good`** of code.py\n" in text


def test_the_page_is_made_of_the_entries_alone(repository: Path) -> None:
    write("one", trained(1, 0.2))
    before = page()
    (repository / "params.yaml").write_text("compute: {threads: 1}\n", encoding="utf-8")
    assert page() == before


def test_data_of_one_title_and_other_content_have_titles_and_pictures_of_their_own() -> None:
    write("own", trained(1, 0.2), data={"title": "A set", "content_sha256": "a" * 64}, made=_of("local_text"))
    for letter in "bc":
        data = {"title": "lines.txt", "content_sha256": letter * 64}
        write(f"lines-{letter}", trained(1, 0.2), data=data, made=_of("local_text"))
    write("chat", trained(1, 0.2), data={"title": "B set", "content_sha256": "d" * 64})
    text = page()
    titles = [line for line in text.splitlines() if line.startswith("## ")]
    assert titles[:4] == ["## A set", "## B set", "## lines.txt (1)", "## lines.txt (2)"]
    assert {path.name for path in Path("results").glob("quality-*.svg")} == {
        f"quality-{name}.svg" for name in ("a-set-own", "b-set-chat", "lines-txt-1-lines-b", "lines-txt-2-lines-c")
    }


def _of(name: str) -> Makeup:
    return Makeup({}, {}, {"task": "text", "data": {"name": name}})


def test_what_was_measured_in_another_way_stands_in_another_table() -> None:
    write("one", trained(1, 0.2))
    write("two", trained(1, 0.2, answers=10))
    text = page()
    assert "\n## Chit-chat (1)\n" in text
    assert "\n## Chit-chat (2)\n" in text
    assert {path.name for path in Path("results").glob("*.svg")} == {
        f"quality-chit-chat-{way}.svg" for way in ("1-one", "2-two")
    }


def test_what_only_one_is_measured_by_keeps_it_in_the_table_and_is_explained_below() -> None:
    write("one", trained(1, 0.2))
    more = trained(1, 0.3)
    more.signature.append("bounds: of 16 samples")
    write("two", more)
    text = page()
    assert "| 1 | `two` |" in text and "| 2 | `one` |" in text
    assert "- bounds: of 16 samples\n" in text


def test_the_same_entries_give_the_same_bytes_and_old_pictures_go() -> None:
    write("one", trained(1, 0.2), trained(2, 0.21))
    page()
    before = {path.name: path.read_bytes() for path in Path("results").iterdir()}
    (Path("results") / "quality-of-old.svg").write_text("", encoding="utf-8")
    page()
    assert {path.name: path.read_bytes() for path in Path("results").iterdir()} == before


def test_a_run_of_another_makeup_replaces_the_older_ones_and_a_failure_none() -> None:
    entry = Entry("one").with_run(1, MADE, DATA, trained(1, 0.2)).with_run(2, MADE, DATA, trained(2, 0.2))
    assert sorted(entry.with_failure(3, MADE, ["no memory"]).trained) == [1, 2]
    assert entry.with_failure(3, MADE, ["no memory"]).with_run(3, MADE, DATA, trained(3, 0.2)).failed == {}
    other = Makeup({}, {"code.py": "changed"}, MADE.parameters)
    assert sorted(entry.with_run(3, other, DATA, trained(3, 0.2)).trained) == [3]


def test_a_failure_goes_with_the_code_that_failed() -> None:
    other = Makeup({}, {"code.py": "changed"}, MADE.parameters)
    failed = Entry("one").with_failure(1, MADE, ["wrong"]).with_failure(2, MADE, ["wrong"])
    same = failed.with_run(3, MADE, DATA, trained(3, 0.2))
    assert sorted(same.failed) == sorted(same.failed_of) == [1, 2]
    corrected = failed.with_failure(4, other, ["no memory"]).with_run(3, other, DATA, trained(3, 0.2))
    assert (corrected.failed, sorted(corrected.failed_of)) == ({4: ["no memory"]}, [4])
    corrected.write()
    assert Entry.read("one") == corrected


def test_a_failure_that_does_not_say_what_it_was_of_goes_when_the_makeup_changes() -> None:
    old = {"recipe": "one", "data": DATA, "made": asdict(MADE), "trained": {}, "failed": {"2": ["wrong"]}}
    Path("results").mkdir()
    Path("results/one.json").write_text(json.dumps(old), encoding="utf-8")
    entry = Entry.read("one")
    assert entry.with_run(3, MADE, DATA, trained(3, 0.2)).failed == {2: ["wrong"]}
    other = Makeup({}, {"code.py": "changed"}, MADE.parameters)
    assert entry.with_run(3, other, DATA, trained(3, 0.2)).failed == {}


def test_a_broken_entry_is_named(repository: Path) -> None:
    write("one", trained(1, 0.2))
    entry = repository / "results/one.json"
    entry.write_text(entry.read_text(encoding="utf-8")[:-20], encoding="utf-8")
    with pytest.raises(EntryUnreadable, match=r"results/one\.json is not what"):
        leaderboard.write()
