"""Proof one, without running anything: every stage declares exactly the code and the parameters that it uses."""

import ast
import contextlib
import functools
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from promptgan.core.parameters import load_params
from promptgan.recipes import presets
from tests.pipeline.closure import ROOT, closure, value_of

STAGES: dict[str, Any] = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
RECIPES = sorted(path.stem for path in (ROOT / "recipes").glob("*.yaml"))
COMMITTED = {"requirements.lock", "data/excluded.csv", "data/ratings.csv", "data/probes.csv"}
OWN_TEXT = {"name": "local_text", "file": "a.csv", "sha256": "0" * 64, "prompt": "q", "text": "a", "first_words": 3}
OWN_LABELS = {
    "name": "local_labels",
    "file": "a.csv",
    "sha256": "0" * 64,
    "text": "t",
    "label": "l",
    "labels": ["a", "b"],
}
OWN_IMAGES = {"name": "local_images", "file": "a.zip", "sha256": "0" * 64}
OWN_MUSIC = {"name": "local_midi", "file": "a.zip", "sha256": "0" * 64, "bars": 4, "key": "own"}
OWN = {
    "local-text": OWN_TEXT,
    "local-lm": OWN_TEXT,
    "local-images": OWN_IMAGES,
    "local-labels": OWN_LABELS,
    "local-midi": OWN_MUSIC,
}


@functools.cache
def written(recipe: str) -> dict[str, Any]:
    """The whole parameter file that a recipe makes."""
    with contextlib.chdir(ROOT), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "params.yaml"
        presets.use(recipe, path, data=OWN.get(recipe), device="cpu")
        return load_params(path)


@functools.cache
def imported(stage: str, recipe: str) -> set[str]:
    """The code that a stage imports for a recipe."""
    return closure(stage, written(recipe))


@pytest.fixture(params=RECIPES)
def recipe(request: pytest.FixtureRequest) -> str:
    """Each recipe."""
    return str(request.param)


@pytest.fixture
def params(recipe: str) -> dict[str, Any]:
    """Its parameter file."""
    return written(recipe)


def resolved(paths: list[Any], params: dict[str, Any]) -> set[str]:
    """Paths of dvc.yaml, their options left aside and their templates filled in."""
    plain = [next(iter(path)) if isinstance(path, dict) else path for path in paths]
    return {re.sub(r"\$\{(.+?)\}", lambda key: str(value_of(params, key[1])), path) for path in plain}


def is_code(path: str) -> bool:
    return path.startswith(("src/", "stages/"))


def covers(path: str, files: set[str]) -> set[str]:
    """Those of ``files`` that a declared dependency is or holds."""
    return {file for file in files if file == path or file.startswith(f"{path}/")}


def outputs(stage: dict[str, Any], params: dict[str, Any]) -> set[str]:
    return {path for kind in ("outs", "metrics", "plots") for path in resolved(stage.get(kind, []), params)}


def test_every_script_is_a_stage_and_every_stage_runs_its_script() -> None:
    assert {path.stem for path in (ROOT / "stages").glob("*.py")} == set(STAGES)
    assert {name: stage["cmd"] for name, stage in STAGES.items()} == {
        name: f"exec python stages/{name}.py" for name in STAGES
    }


def test_every_file_that_a_stage_imports_is_a_dependency(recipe: str, params: dict[str, Any]) -> None:
    for name, stage in STAGES.items():
        used = imported(name, recipe)
        declared = [path for path in resolved(stage["deps"], params) if is_code(path)]
        assert used - set().union(*(covers(path, used) for path in declared)) == set(), name


@pytest.mark.parametrize("name", STAGES)
def test_every_dependency_is_imported_by_the_stage_of_some_recipe(name: str) -> None:
    unused = {path for path in STAGES[name]["deps"] if is_code(path)}
    for recipe in RECIPES:
        used = imported(name, recipe)
        unused -= {path for path in unused if covers(next(iter(resolved([path], written(recipe)))), used)}
    assert unused == set()


def test_every_data_dependency_is_an_output_of_an_earlier_stage(params: dict[str, Any]) -> None:
    made: set[str] = set()
    for name, stage in STAGES.items():
        read = {p for p in resolved(stage["deps"], params) if not is_code(p)} - COMMITTED
        missing = {p for p in read if not any(p == out or p.startswith(f"{out}/") for out in made)}
        assert not missing, f"{name} depends on what no stage before it writes"
        made |= outputs(stage, params)


def test_the_declared_parameters_are_the_fields_of_the_stage() -> None:
    declared = {name: set(stage.get("params", [])) for name, stage in STAGES.items()}
    assert declared == {name: fields(ROOT / f"stages/{name}.py") for name in STAGES}


def test_every_declared_parameter_is_read(recipe: str, params: dict[str, Any]) -> None:
    for name, stage in STAGES.items():
        read = set().union(*(names_read(ROOT / file) for file in imported(name, recipe)))
        declared = {key for section in stage.get("params", []) for key in leaves(section, params[section])}
        assert not declared - read, f"{name} declares parameters that its code never reads"


def test_every_section_is_read_by_a_stage_but_the_label(params: dict[str, Any]) -> None:
    assert set().union(*(stage.get("params", []) for stage in STAGES.values())) == set(params) - {"recipe"}


def test_package_files_hold_a_docstring_only() -> None:
    for path in (ROOT / "src/promptgan").rglob("__init__.py"):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        assert len(body) == 1, path
        assert isinstance(body[0], ast.Expr), path
        assert isinstance(body[0].value, ast.Constant), path


def fields(script: Path) -> set[str]:
    """The fields of a script's class of stage parameters; none where it has no such class."""
    tree = ast.parse(script.read_text(encoding="utf-8"))
    return {
        node.target.id
        for stage in tree.body
        if isinstance(stage, ast.ClassDef) and any("StageParameters" in ast.unparse(parent) for parent in stage.bases)
        for node in stage.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }


@functools.cache
def names_read(file: Path) -> set[str]:
    """Every name that a file reads as an attribute, as a subscript or with ``get``."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            names.add(node.attr)
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            names.add(node.slice.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
            names |= {argument.value for argument in node.args[:1] if isinstance(argument, ast.Constant)}
    return names


def leaves(key: str, value: object) -> Iterator[str]:
    """The last names of all parameters at and below a key."""
    if isinstance(value, dict):
        for name, below in value.items():
            yield from leaves(name, below)
    else:
        yield key
