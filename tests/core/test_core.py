"""What every room uses: reading parameters, naming what is wrong with them, choosing by file name."""

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Literal

import pytest
from pydantic import Field

from promptgan.core.choices import choose
from promptgan.core.errors import clean_errors, shown
from promptgan.core.files import write_json
from promptgan.core.parameters import ParameterError, Section, StageParameters, load_params, validate_section
from promptgan.core.spread import evenly
from promptgan.core.store import main_repository


class Inner(Section):
    rate: float = Field(gt=0)


class Sample(Section):
    name: Literal["a", "b"]
    count: int = Field(ge=1)
    inner: Inner


GOOD = {"name": "a", "count": 1, "inner": {"rate": 0.5}}


def problems(**changes: object) -> list[str]:
    with pytest.raises(ParameterError) as caught:
        validate_section(Sample, {**GOOD, **changes}, "section")
    return caught.value.problems


def test_every_wrong_key_is_reported_with_what_was_there_and_what_is_allowed() -> None:
    assert problems(name="c", count="1", inner={"rate": 0}) == [
        "section.name: found 'c'; input should be 'a' or 'b'",
        "section.count: found '1'; input should be a valid integer",
        "section.inner.rate: found 0; input should be greater than 0",
    ]


def test_an_unknown_key_is_reported_with_the_nearest_right_name() -> None:
    (line,) = problems(inner={"rate": 1, "raet": 2})
    assert line == "section.inner.raet: unknown key (did you mean rate?); allowed here: rate"


def test_a_section_is_frozen_and_refuses_not_a_number() -> None:
    section = validate_section(Sample, GOOD)
    with pytest.raises(ValueError, match="frozen"):
        section.count = 2  # type: ignore[misc]
    assert problems(inner={"rate": float("nan")}) == ["section.inner.rate: found nan; input should be a finite number"]


def test_a_stage_reads_its_own_sections_only(tmp_path: Path) -> None:
    class Stage(StageParameters):
        section: Sample

    path = tmp_path / "params.yaml"
    path.write_text("section: {name: a, count: 1, inner: {rate: 1e-3}}\nother: [nonsense\n]\n")
    assert Stage.read(path).section.inner.rate == 0.001


@pytest.mark.parametrize(
    "text",
    [
        "a: [1",
        "- a",
        "",
        "a: 1\na: 2",
        "a: \x00",
        "a: !python/name:os.system x",
        "{" * 1200,
        "a: " + "9" * 5000,
        "\ta: 1",
    ],
)
def test_a_file_that_is_no_parameter_file_is_a_clean_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(text)
    with pytest.raises(ParameterError, match=r"params\.yaml"):
        load_params(path)


def test_a_missing_or_mis_encoded_file_is_a_clean_error(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    with pytest.raises(ParameterError, match="No such file"):
        load_params(path)
    path.write_bytes(b"a: \xff")
    with pytest.raises(ParameterError, match="utf-8"):
        load_params(path)


def test_a_module_is_chosen_by_its_file_name() -> None:
    assert choose("promptgan.networks.tokens", "recurrent", "model.name").__name__.endswith("recurrent")
    with pytest.raises(ParameterError, match=r"model\.name: found 'recurent' \(did you mean recurrent\?\)"):
        choose("promptgan.networks.tokens", "recurent", "model.name")


@pytest.mark.parametrize("name", ["../base", "__init__", "", None, 3, ["recurrent"], {}, True])
def test_a_name_that_is_no_file_of_the_folder_is_refused(name: object) -> None:
    with pytest.raises(ParameterError, match="available: "):
        choose("promptgan.networks.tokens", name, "model.name")


def test_values_are_shown_short() -> None:
    assert len(shown("x" * 1000)) < 70
    assert shown(16**5000) == "a very long int"


def test_json_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b.json"
    write_json(path, {"b": 1, "a": "é"})
    assert path.read_text(encoding="utf-8") == '{\n  "a": "é",\n  "b": 1\n}\n'
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, float("nan"))
    assert [file.name for file in path.parent.iterdir()] == ["b.json"]
    assert path.read_text(encoding="utf-8").startswith("{")


def test_an_expected_failure_is_printed_with_its_remedy_and_its_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught, clean_errors():
        raise ParameterError(["a: missing"])
    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith(
        "error: params.yaml: 1 wrong key(s)\n  a: missing\n  -> correct params.yaml"
    )


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EROFS, "name another place"),
        (errno.ENAMETOOLONG, "a shorter name"),
        (errno.ENOENT, "dvc checkout"),
    ],
)
def test_what_the_file_system_refuses_is_an_expected_failure_that_names_the_file(
    number: int, remedy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught, clean_errors():
        raise OSError(number, os.strerror(number), "models/weights")
    assert caught.value.code == 1
    said = capsys.readouterr().err
    assert said.startswith(f"error: models/weights: {os.strerror(number)}\n  -> ") and remedy in said


def test_a_refusal_without_a_file_names_the_folder(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit), clean_errors():
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert f"error: a file below {Path.cwd()}: No space left on device" in capsys.readouterr().err


def test_a_reader_that_has_enough_is_no_failure() -> None:
    program = "from promptgan.core.errors import *\nwith clean_errors():\n    for _ in range(10**6): print('line')"
    with subprocess.Popen([sys.executable, "-c", program], stdout=-1, stderr=-1) as process:
        assert process.stdout and process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""


def test_what_a_terminal_cannot_show_is_escaped() -> None:
    program = "from promptgan.core.errors import clean_errors\nwith clean_errors(): print('\\u6625')"
    done = subprocess.run([sys.executable, "-c", program], env={"PYTHONIOENCODING": "latin-1"}, capture_output=True)
    assert (done.stdout, done.stderr) == (b"\\u6625\n", b"")


def test_an_experiments_copy_knows_its_main_repository(tmp_path: Path) -> None:
    copy = tmp_path / ".dvc" / "tmp" / "exps" / "standalone" / "tmpabc"
    copy.mkdir(parents=True)
    assert main_repository(copy) == tmp_path
    assert main_repository(tmp_path) == tmp_path


def test_a_git_worktree_and_an_experiment_in_it_know_the_main_one(tmp_path: Path) -> None:
    main, tree = tmp_path / "main", tmp_path / "elsewhere" / "tree"
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run([*git, "init", "--quiet", str(main)], check=True)
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "--message", "a"], check=True, cwd=main)
    subprocess.run([*git, "worktree", "add", "--quiet", "--detach", str(tree)], check=True, cwd=main)
    copy = tree / ".dvc/tmp/exps/tmpabc"
    copy.mkdir(parents=True)
    assert [main_repository(folder) for folder in (tree, copy, main)] == [main] * 3


@pytest.mark.parametrize(("count", "length", "places"), [(3, 10, [0, 3, 6]), (5, 3, [0, 1, 2]), (0, 3, []), (3, 0, [])])
def test_some_of_many_are_evenly_spaced(count: int, length: int, places: list[int]) -> None:
    assert evenly(count, length).tolist() == places
