"""A finished run in a small repository."""

from pathlib import Path

import pytest
import yaml

from tests.lineage.records.repository import STAGES, Repository


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A finished run, committed; the current folder."""
    path = tmp_path / "repository"
    (path / ".dvc").mkdir(parents=True)
    monkeypatch.chdir(path)
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "site"))
    made = Repository(path)
    made.write(".dvc/config", "[core]\n    analytics = false\n")
    made.write(
        ".gitignore",
        "/.dvc/tmp\n/.dvc/cache\n/data/raw\n/data/validated\n/data/tokens\n/models\n/samples\n/reports\n/release\n",
    )
    made.write("data/excluded.csv", "data,id,reason\n")
    stages = {
        name: {"cmd": "true", "deps": deps, "outs": [out for out in outs if not out.startswith("metrics")]}
        for name, (deps, outs) in STAGES.items()
    }
    made.write("dvc.yaml", yaml.safe_dump({"stages": stages}, sort_keys=False))
    made.git("init", "--quiet", "--initial-branch=main")
    made.finish().commit()
    return made
