"""Every benchmark, as `make bench` starts it: without an option, beside a run of the default recipe."""

import ast
import json
import runpy
import shutil
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


def test_none_needs_an_option() -> None:
    asked = {}
    for file in sorted(FOLDER.glob("*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name == "main":
                asked[file.stem] = len(node.args.args) - len(node.args.defaults)
    assert asked == dict.fromkeys((file.stem for file in FOLDER.glob("*.py")), 0)


@pytest.mark.parametrize("name", ["equal_time", "language_model", "learning_rates"])
def test_one_of_another_recipe_says_so(
    name: str,
    tmp_path: Path,
    default_parameters: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copy(default_parameters, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(FOLDER), *sys.path])
    monkeypatch.setattr(sys, "argv", [name])
    try:
        runpy.run_path(str(FOLDER / f"{name}.py"), run_name="__main__")
    except SystemExit as left:
        assert not left.code
    assert "`make use RECIPE=" in json.loads(capsys.readouterr().out)["left_out"]
