"""Two hundred random mutations of params.yaml: a valid plan or a clean error, never a traceback.

Each goes through `promptgan check`, through DVC's own reading of the pipeline, and, where DVC accepts it, through the
parameter reading of every stage, which is what bare `dvc repro` meets next.
"""

import contextlib
import copy
import functools
import importlib.util
import logging
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from promptgan.cli import app
from promptgan.core import parameters
from promptgan.core.files import write_json
from promptgan.core.parameters import load_params
from promptgan.recipes import combinations

ROOT = Path(__file__).parents[2]
MUTATIONS = 200
JUNK: list[Any] = [
    None, True, False, 0, -1, 1, 7, 10**30, 16**4000, 0.5, -0.5, 1e308, float("nan"), float("inf"),
    "", "none", "auto", "../base", "__init__", "a: b", "é" * 500, "\u0000",
    [], [1], [[]], ["a", None], {}, {"name": "x"}, {"a": {"b": [{}]}}, {1: 2}, {None: None},
]  # fmt: skip
BROKEN = [
    "a: [1", "{", "}", "\t- x", "a: b: c", "*x", "&a [*a]", "a: &a {b: *a}", "!!python/object:os.system x", "!foo 1",
    "<<: 3", "a: 'x", "- a", "%YAML 9", "--- 1\n--- 2", "? [1]\n: 2", "a: 0x" + "f" * 5000, "a: " + "9" * 5000,
    "seed: 1", "\x00", "a: !!timestamp q", "a: 2024-99-99", "[" * 3000,
]  # fmt: skip
UNREAD = ["unknown section", "recipe: ", *(rule.__name__.replace("_", "-") for rule in combinations.rules("text")),
          "  generator.", "  discriminator.", "  encoder."]  # fmt: skip
"""What no stage can refuse without its inputs: sections that none reads, combinations across the sections of several,
and the sections of networks, which are read when one is built."""

Document = dict[str, Any]


def addresses(document: Document, prefix: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The way to every key, sections included."""
    found = []
    for key, value in document.items():
        found.append((*prefix, key))
        if isinstance(value, dict):
            found += addresses(value, (*prefix, key))
    return found


def parent(document: Document, address: tuple[str, ...]) -> Document:
    for key in address[:-1]:
        document = document[key]
    return document


def drop(document: Document, address: tuple[str, ...], rng: random.Random) -> None:
    del parent(document, address)[address[-1]]


def rename(document: Document, address: tuple[str, ...], rng: random.Random) -> None:
    section = parent(document, address)
    section[rng.choice([address[-1] + "s", address[-1][1:] or "x", address[-1].upper()])] = section.pop(address[-1])


def junk(document: Document, address: tuple[str, ...], rng: random.Random) -> None:
    parent(document, address)[address[-1]] = copy.deepcopy(rng.choice(JUNK))


def scale(document: Document, address: tuple[str, ...], rng: random.Random) -> None:
    section, key = parent(document, address), address[-1]
    if isinstance(section[key], int | float):
        section[key] = section[key] * rng.choice([-1, 0, 0.5, 2, 1e6])
    else:
        section[key] = str(section[key])


def move(document: Document, address: tuple[str, ...], rng: random.Random) -> None:
    value = parent(document, address).pop(address[-1])
    document[rng.choice(["extra", "train", "seed"])] = value


def add(document: Document, address: tuple[str, ...], rng: random.Random) -> None:
    parent(document, address)[rng.choice(["extra", "name", "method", "", "a.b", "${seed}"])] = copy.deepcopy(
        rng.choice(JUNK)
    )


STRUCTURAL: list[Callable[[Document, tuple[str, ...], random.Random], None]] = [
    drop,
    rename,
    junk,
    junk,
    scale,
    move,
    add,
]


def mutation(number: int) -> str:
    """The text of a parameter file that is wrong in one to three places; one in four is broken as text."""
    rng = random.Random(number)
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    if number % 4 == 0:
        lines = text.splitlines()
        at = rng.randrange(len(lines))
        how = rng.randrange(4)
        if how == 0:
            lines.insert(at, rng.choice(BROKEN))
        elif how == 1:
            lines.insert(at, lines[rng.randrange(len(lines))])  # often a key given twice
        elif how == 2:
            lines[at] = lines[at][rng.randrange(len(lines[at]) + 1) :]
        else:
            return rng.choice(
                [*BROKEN, "", text[: rng.randrange(len(text))], text.replace(":", "", 1), text.replace("  ", "\t")]
            )
        return "\n".join(lines) + "\n"
    document = load_params(ROOT / "params.yaml")
    for _ in range(rng.randint(1, 3)):
        rng.choice(STRUCTURAL)(document, rng.choice(addresses(document)), rng)
        if not document:
            break
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True)


@pytest.fixture(scope="module")
def texts() -> list[str]:
    sys.set_int_max_str_digits(0)
    try:
        return [mutation(number) for number in range(MUTATIONS)]
    finally:
        sys.set_int_max_str_digits(4300)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")
    return tmp_path


def verdict(text: str) -> tuple[int, str]:
    """What `promptgan check` exits with and prints on standard error."""
    path = Path("params.yaml")
    path.write_text(text, encoding="utf-8", newline="")
    before = path.read_bytes()
    result = CliRunner().invoke(app, ["check"])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert path.read_bytes() == before
    assert [file.name for file in Path.cwd().iterdir() if file.name.startswith("params")] == ["params.yaml"]
    return result.exit_code, result.stderr


@pytest.fixture(scope="module")
def verdicts(texts: list[str], tmp_path_factory: pytest.TempPathFactory) -> list[tuple[int, str]]:
    """What `promptgan check` says of each."""
    with contextlib.chdir(tmp_path_factory.mktemp("verdicts")):
        return [verdict(text) for text in texts]


def test_check_accepts_or_refuses_every_mutation_cleanly(verdicts: list[tuple[int, str]]) -> None:
    for number, (code, errors) in enumerate(verdicts):
        assert code in (0, 2), f"mutation {number}"
        assert "Traceback" not in errors, f"mutation {number}"
        assert (code == 2) == ("wrong key(s)" in errors), f"mutation {number}"
    codes = [code for code, _ in verdicts]
    assert codes.count(2) > MUTATIONS * 0.7, "most mutations are wrong"
    assert codes.count(0) >= 3, "some are harmless"


@pytest.fixture(scope="module")
def stages() -> Iterator[dict[str, ModuleType]]:
    """Every stage's module, as DVC's command would run it."""
    path = list(sys.path)
    modules = {}
    for file in sorted((ROOT / "stages").glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"stage_{file.stem}", file)
        assert spec
        assert spec.loader
        modules[file.stem] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(modules[file.stem])
    sys.path[:] = path
    import torch

    threads = torch.get_num_threads()
    yield modules
    torch.use_deterministic_algorithms(False)
    torch.set_num_threads(threads)


def refuses(stage: ModuleType) -> str | None:
    """The code that a stage exits with over params.yaml, or None where it went on to its inputs, which are not here."""
    try:
        stage.main()
    except SystemExit as error:
        return str(error.code)
    except OSError:
        return None  # it looked for its first input
    raise AssertionError("a stage ran without its inputs")


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # DVC's libraries warn of their own future
def test_bare_dvc_or_the_stage_that_reads_it_refuses_every_mutation_cleanly(
    folder: Path,
    texts: list[str],
    verdicts: list[tuple[int, str]],
    stages: dict[str, ModuleType],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from dvc.cli import main as dvc
    from dvc.parsing import interpolate

    parse = functools.cache(interpolate.parse_expr)
    monkeypatch.setattr(interpolate, "parse_expr", parse)  # the same templates are parsed two hundred times
    for handler in logging.getLogger("dvc").handlers:  # an earlier test may have left them with its own stream
        if isinstance(handler, logging.StreamHandler):
            monkeypatch.setattr(
                handler, "stream", getattr(sys, "stdout" if handler.level < logging.WARNING else "stderr")
            )

    shutil.copy(ROOT / "dvc.yaml", folder)
    subprocess.run(["git", "init", "-q"], check=True)
    assert dvc(["init", "-q"]) == 0
    Path(".dvc/tmp/downloads").touch()  # not a folder: the first stage's input cannot be had either
    special = {"unk": 1, "bos": 2, "eos": 3}
    meta = {"vocabulary": 8, "max_tokens": 4, "special": special, "splits": {"train": {"prompt_tokens": 1}}}
    write_json(Path("data/tokens/meta.json"), meta)  # what a model's section is read together with
    for number, (text, (code, errors)) in enumerate(zip(texts, verdicts, strict=True)):
        Path("params.yaml").write_text(text, encoding="utf-8", newline="")
        planned = dvc(["status"])  # plans every stage; `repro --dry` stops where an input is missing
        shown = "".join(capsys.readouterr())
        assert "Traceback" not in shown, f"mutation {number}"
        if planned != 0:
            assert code == 2, f"mutation {number}: promptgan check accepts what DVC refuses: {shown}"
            assert "ERROR: " in shown, f"mutation {number}"
            continue
        assert all(f"{name}:\n" in shown for name in stages), f"mutation {number}"
        monkeypatch.setattr(parameters, "load_params", functools.cache(load_params))  # parse once for all stages
        refused = [name for name, stage in stages.items() if refuses(stage) == "2"]
        assert "Traceback" not in capsys.readouterr().err
        if code == 0:
            assert not refused, f"mutation {number}: promptgan check accepts what {refused} refuse"
        elif not refused:
            lines = [line for line in errors.splitlines()[1:-1] if not any(each in line for each in UNREAD)]
            assert not lines, f"mutation {number}: no stage refuses {lines}"
