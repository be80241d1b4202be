"""What people take away: a wheel and a model folder answer a prompt, far from the repository."""

import ast
import importlib.metadata
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from promptgan.networks import folder
from tests.conftest import EXAMPLE, GENERATOR

ROOT = Path(__file__).resolve().parents[1]
DRAWING = ("forms", "media", "networks", "tasks/*/samples", "tasks/*/audit.py", "applications/probing")
"""What generates, probes and checks a release, of every task."""
OWN = {"promptgan", "soundfile"}
"""Itself, and what sound files take, which says that it is missing (`promptgan[sound]`)."""


def test_the_wheel_alone_brings_what_models_of_every_task_are_used_with() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    base = {canonicalize_name(Requirement(each).name) for each in project["dependencies"]}
    distributions, lacking = importlib.metadata.packages_distributions(), {}
    rooms = [path for pattern in DRAWING for path in (ROOT / "src/promptgan").glob(pattern)]
    for file in (file for room in rooms for file in ([room] if room.is_file() else room.rglob("*.py"))):
        for node in ast.walk(ast.parse(file.read_text())):
            named = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            named += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            for top in {name.partition(".")[0] for name in named} - sys.stdlib_module_names - OWN:
                if base.isdisjoint(map(canonicalize_name, distributions.get(top, [top]))):
                    lacking[top] = str(file)
    assert len(rooms) > 12 and not lacking


@pytest.mark.slow
def test_a_wheel_and_a_model_folder_are_enough_to_generate(generator: Any, tokens: Path, tmp_path: Path) -> None:
    index = folder.described("text", "tokens", EXAMPLE)
    folder.save(
        tmp_path / "model",
        {"generator": generator},
        {"generator": GENERATOR},
        index,
        {"tokenizer.json": tokens / "tokenizer.json"},
    )
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    quiet = {"check": True, "capture_output": True}
    source = tmp_path / "source"
    source.mkdir()
    files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "src"], cwd=ROOT, text=True, **quiet).stdout
    for name in [*files.split(), "pyproject.toml", "README.md"]:
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", str(tmp_path), str(source)], **quiet)
    (wheel,) = tmp_path.glob("*.whl")
    subprocess.run([*pip, "install", "--no-deps", "--target", str(tmp_path / "site"), str(wheel)], **quiet)
    program = "import promptgan.cli, sys; print(promptgan.__file__, file=sys.stderr); promptgan.cli.main()"
    answered = subprocess.run(
        [sys.executable, "-c", program, "generate", "--model", str(tmp_path / "model"), "--prompt", "tea?", "--n", "3"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "site"), "PATH": ""},
        text=True,
        **quiet,
    )
    assert str(tmp_path / "site") in answered.stderr
    lines = answered.stdout.splitlines()
    assert lines[0] == "> tea?"
    assert len(lines) == 4
