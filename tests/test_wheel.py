"""What people take away: a wheel and a model folder answer a prompt, far from the repository."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from promptgan.networks import folder
from tests.conftest import EXAMPLE, GENERATOR

ROOT = Path(__file__).resolve().parents[1]


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
