"""One finished tiny pipeline for all, and every stage run by itself."""

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.conftest import Shared
from tests.pipeline.clone import PATIENCE_SECONDS, Clone, committed_copy


@pytest.fixture(scope="session")
def source(shared: Shared) -> Clone:
    """This repository, set to be tiny, committed, and never run."""
    folder = shared("pipeline", lambda folder: committed_copy(folder / "source", folder / "home"))
    return Clone(folder / "source", folder / "home")


@pytest.fixture(scope="session")
def finished(source: Clone, shared: Shared) -> Clone:
    """A fresh clone in which the whole pipeline has run and its results are committed; copy it to change it."""

    def run(folder: Path) -> None:
        clone = source.fresh(folder / "clone")
        clone.dvc("repro")
        clone.git("add", "--all")
        clone.git("commit", "--quiet", "--message", "results")

    return Clone(shared("run", run) / "clone", source.home)


@dataclass(frozen=True)
class Isolated:
    """A stage that ran with nothing but what it declares."""

    folder: Path
    imported: set[str]
    """Top-level modules that it loaded."""


@pytest.fixture(scope="session")
def isolated(finished: Clone, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Isolated]:
    """Runs a stage, once, in an empty folder that holds its declared dependencies and its sections of params.yaml.

    Its home is empty and, where the system lets a user have that, it has no network.
    """
    locked = yaml.safe_load(finished.lock())["stages"]
    offline = ["unshare", "--map-root-user", "--net"]
    if not shutil.which("unshare") or subprocess.run([*offline, "true"], capture_output=True).returncode:
        offline = []
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), "http://127.0.0.1:9")

    @functools.cache
    def run(stage: str) -> Isolated:
        folder = tmp_path_factory.mktemp(stage)
        home = tmp_path_factory.mktemp("home")
        for dependency in locked[stage]["deps"]:
            _copy(finished.path / dependency["path"], folder / dependency["path"])
        if stage == "download":  # its input is the world outside; here, the store of imported files
            _copy(finished.path / "data/own", folder / "data/own")
        if sections := locked[stage].get("params"):
            (folder / "params.yaml").write_text(yaml.safe_dump(sections["params.yaml"]), encoding="utf-8")
        *program, script = locked[stage]["cmd"].split()
        assert program == ["exec", "python"]
        done = subprocess.run(
            [*offline, sys.executable, "-X", "importtime", script],
            cwd=folder,
            env={"PATH": os.defpath, "HOME": str(home), "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", **nowhere},
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        lines = done.stderr.splitlines()
        said = "\n".join(line for line in lines if not line.startswith("import time:"))
        assert done.returncode == 0, f"{stage} alone: {said[-4000:]}"
        imports = {line.rpartition("|")[2].strip().split(".")[0] for line in lines if line.startswith("import time:")}
        return Isolated(folder, imports)

    return run


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy(source, target)
