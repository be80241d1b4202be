"""A release is checked far from the repository, by the installed command, with the wheel alone and without network."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lineage import wheel

pytestmark = pytest.mark.slow

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def promptgan(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs `promptgan` of a virtual environment that holds only the wheel, in an empty home and without network."""
    command = wheel.environment(tmp_path_factory.mktemp("elsewhere"))
    home = tmp_path_factory.mktemp("home")
    offline = ["unshare", "--map-root-user", "--net"]
    if not shutil.which("unshare") or subprocess.run([*offline, "true"], capture_output=True).returncode:
        offline = []

    def run(*arguments: str | Path, code: int = 0, program: str | None = None) -> subprocess.CompletedProcess[str]:
        inside = [command.with_name("python"), "-c", program] if program else [command]
        done = subprocess.run(
            [*offline, *inside, *arguments],
            cwd=home,
            env={"PATH": os.defpath, "HOME": str(home), "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    return run


def test_the_environment_holds_neither_the_repository_nor_the_tools(promptgan: Run) -> None:
    names = ("dvc", "great_expectations", "prov", "openlineage", "cyclonedx", "model_signing", "pytest")
    program = f"""
import importlib.util as u, promptgan
print([name for name in {names} if u.find_spec(name)], promptgan.__file__)"""
    found, _, place = promptgan(program=program).stdout.strip().partition("] ")
    assert found == "["
    assert "site-packages" in place
    assert not place.startswith(str(wheel.ROOT))


def test_a_release_is_right_there_too(promptgan: Run, signed: Path, keys: tuple[Path, Path]) -> None:
    lines = promptgan("release", "verify", signed).stdout.splitlines()
    assert lines[0] == "files: 19, all as in SHA256SUMS"
    assert lines[1].endswith("the model is models/adversarial")
    assert lines[2] == "answers: 11 of 11 drawn again are the same"
    assert lines[3].startswith("signature: not checked (install promptgan[release] and give the key")
    refused = promptgan("release", "verify", signed, "--public-key", keys[1], code=1).stderr
    assert "pip install 'promptgan[release]'" in refused


def test_a_change_is_found_there_too(promptgan: Run, release: Path) -> None:
    with (release / "models/adversarial/generator.safetensors").open("ab") as file:
        file.write(b"\0")
    (release / "samples/generated/samples.txt").unlink()
    refused = promptgan("release", "verify", release, code=1).stderr
    assert "  models/adversarial/generator.safetensors: was changed" in refused
    assert "  samples/generated/samples.txt: is missing" in refused
    assert "Traceback" not in refused


def test_building_needs_the_repository_and_says_so(promptgan: Run) -> None:
    assert "run this in the repository's own folder" in promptgan("release", "build", code=1).stderr
