"""The table of experiments: which rows and parameters it shows and which numbers it marks; and two side by side."""

from functools import partial
from pathlib import Path

import pytest
from rich.console import Console

from promptgan.commands import terminal
from promptgan.experiments import table
from promptgan.experiments.table import Row, best, names, rows, settings, varied
from promptgan.terms.metrics import declared
from tests.experiments import conftest
from tests.experiments.conftest import call, set_parameter

run = partial(conftest.run, "exp")
RATE, HALF = "      learning_rate: 0.0006\n", "      learning_rate: 0.0123456789012\n"


def row(name: str, recipe: str = "one", nll: float | None = None, data: str = "chitchat", **parameters: object) -> Row:
    metrics = {} if nll is None else {"adversarial": {"nll": nll, "bleu_4": nll}, "twin": "not applicable"}
    values = {"recipe": recipe, "task": "text", "data.name": data, **parameters}
    return Row(name, parameters=values, systems=metrics, measured=(data,) if metrics else ())


def seen(monkeypatch: pytest.MonkeyPatch, width: int, *arguments: str) -> str:
    """What a command prints on a terminal of so many columns."""
    monkeypatch.setattr(terminal, "terminal", lambda: Console(width=width))
    return run(*arguments).output


def test_few_parameters_that_differ_are_all_shown() -> None:
    found = [row("a", "one", seed=1, same=1), row("b", "two", seed=2, same=1, only=3)]
    assert varied(found) == ["seed", "only"]


def test_of_many_only_those_that_differ_within_a_preset_are_shown() -> None:
    many = {f"section.key{i}": 0 for i in range(9)}
    found = [row("a", seed=1, **many), row("b", seed=2, **many), row("c", "two", seed=1, **dict.fromkeys(many, 1))]
    assert varied(found) == ["seed"]
    assert varied(found[:1]) == []


def test_a_row_shows_only_what_is_not_as_in_head() -> None:
    found = [row("workspace", seed=1, rate=0.5), row("HEAD", seed=2, rate=0.5), row("a", seed=2, rate=0.12345678901234)]
    assert settings(found) == [["seed 1"], ["seed 2", "rate 0.5"], ["rate 0.123457"]]


def test_the_best_is_marked_per_content_of_the_data_where_a_direction_is_better() -> None:
    found = [row("a", nll=4.0), row("b", nll=3.9), row("c", nll=1.0, data="other"), row("d")]
    assert best(found) == {(1, "nll")}
    assert best([row("a", nll=4.0), row("b", nll=4.0)]) == set()


def test_of_two_rows_with_one_name_the_better_one_is_marked_and_both_say_their_commit() -> None:
    found = [row("a", nll=4.0), row("a", nll=3.9)]
    assert best(found) == {(1, "nll")}
    here = [Row("a", baseline="1234567890"), Row("a", baseline="abcdefabcd"), Row("b", baseline="1234567890")]
    assert names(here) == ["a (1234567)", "a (abcdefa)", "b"]


@pytest.mark.parametrize("width", [80, 100, 160])
def test_no_line_is_wider_than_the_terminal_and_no_name_is_cut(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    long = {"train.players.discriminator.learning_rate": 0.00212345678, "train.likelihood_weight": 0.30000000000000004}
    found = [row("workspace", **dict.fromkeys(long, 0.5)), row("default-t10", nll=4.0, **long)]
    monkeypatch.setattr(table, "rows", lambda: found)
    lines = seen(monkeypatch, width, "show").splitlines()
    assert max(map(len, lines)) <= width
    words = " ".join(lines)
    assert all(word in words for word in ("experiment ", "default-t10", "0.3 ", "0.00212346"))


def test_experiments_of_several_tasks_stand_in_a_table_for_each_in_which_no_name_is_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = [row("workspace", nll=4.0)]
    for task in ("image", "music", "classification", "style"):
        numbers = {metric.name: 0.5 for metric in declared(task).metrics if metric.leads}
        found += [Row(f"{task}-s{i}", parameters={"task": task, "seed": i}, systems={"twin": numbers}) for i in (1, 2)]
    monkeypatch.setattr(table, "rows", lambda: found)
    lines = seen(monkeypatch, 100, "show").splitlines()
    assert [each.name for each in found if not any(line.startswith(f"{each.name} ") for line in lines)] == []
    assert max(map(len, lines)) <= 100 and not any("…" in line for line in lines)
    assert any(line.startswith("experiment: text ") for line in lines)


def test_an_experiment_shows_no_number_that_it_did_not_measure(quick: Path) -> None:
    call("dvc", "exp", "run", "--name", "half", "--set-param", "train.players.generator.learning_rate=0.1", "train")
    call("git", "checkout", "--quiet", "--", ".")
    call("dvc", "exp", "run", "--name", "whole", "--set-param", "train.players.generator.learning_rate=0.1")
    call("git", "checkout", "--quiet", "--", ".")
    workspace, half, whole = rows()
    assert (workspace.name, half.name, whole.name) == ("workspace", "half", "whole")
    assert workspace.value("adversarial", "nll") == pytest.approx(5 - (1 - 0.2994 + 0.01))
    assert half.systems == {}
    assert whole.value("adversarial", "nll") == pytest.approx(5 - (1 - 0.2 + 0.01))
    set_parameter(RATE, HALF)
    workspace, head, *_ = rows()
    assert (workspace.systems, head.name) == ({}, "HEAD"), "parameters that nothing has run with have numbers"
    assert head.value("adversarial", "nll") == pytest.approx(5 - (1 - 0.2994 + 0.01))
    assert "0.0123457" in run("show").output

    said = run("diff", "whole", "half").output
    assert ["evaluation:", "systems.adversarial.nll", "4.19", "–"] in [line.split() for line in said.splitlines()]
    assert "{}" not in said


def test_the_workspace_is_a_side_of_a_comparison(quick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_parameter(RATE, HALF)
    call("dvc", "repro")
    there = run("diff", "HEAD", "workspace").output
    rate = ["train.players.generator.learning_rate", "0.0006", "0.0123457", "+0.01175"]
    score = ["train:", "score", "0.7106", "0.722346", "+0.01175"]
    lines = [line.split() for line in there.splitlines()]
    assert lines[0] == ["HEAD", "workspace", "change"]
    assert rate in lines
    assert score in lines
    assert there.endswith("dvc plots diff HEAD workspace\n")
    call("dvc", "plots", "diff", "HEAD", "workspace", "--json")

    back = [line.split() for line in run("diff", "workspace", "HEAD").output.splitlines()]
    assert back[0] == ["workspace", "HEAD", "change"]
    assert ["train:", "score", "0.722346", "0.7106", "-0.01175"] in back
    set_parameter(
        "    - do you have any pets?", "    - do you have any pets, [b] and if so how many, and what are they called?"
    )
    said = seen(monkeypatch, 80, "diff", "HEAD", "workspace")
    assert max(map(len, said.splitlines())) <= 80
    assert "train.players.generator.learning_rate " in said
    assert "[b]" in said
    assert run("diff", "workspace", "workspace").output == "they have the same parameters and metrics\n"


def test_an_unknown_side_is_named_with_the_nearest_known_one(quick: Path) -> None:
    call("git", "branch", "hinge-tried")
    said = run("diff", "HEAD", "hinge-tryed", code=1).stderr
    assert said.startswith(
        "error: hinge-tryed: no such commit, branch, tag or experiment (did you mean hinge-tried?)\n  -> "
    )
