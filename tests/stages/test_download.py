import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from tests import warm

STAGE = Path(__file__).parents[2] / "stages/download.py"


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([warm.python(), str(STAGE), *options], cwd=folder, capture_output=True, text=True)


@pytest.fixture
def repository(tmp_path):
    """A repository with an imported file, and an experiment's copy of it that lacks the file."""
    body = "".join(f"sentence number {i} of many\n" for i in range(100)).encode()
    sha256 = hashlib.sha256(body).hexdigest()
    stored = tmp_path / "data/own" / sha256 / "my.txt"
    stored.parent.mkdir(parents=True)
    stored.write_bytes(body)
    copy = tmp_path / ".dvc/tmp/exps/tmp123"
    copy.mkdir(parents=True)
    data = {"name": "local_text", "file": "my.txt", "sha256": sha256, "prompt": None, "text": None, "first_words": 2}
    for folder in (tmp_path, copy):
        (folder / "params.yaml").write_text(
            json.dumps(
                {"data": data, "corpus": {"name": "none"}, "base_model": {"name": "none"}, "another": {"section": 1}}
            )
        )
    return tmp_path


@pytest.mark.parametrize("where", [".", ".dvc/tmp/exps/tmp123"])
def test_finds_own_data_in_the_repository_and_in_an_experiments_copy(where, repository):
    done = run(repository / where)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert sorted(path.name for path in (repository / where / "data/raw").iterdir()) == ["my.txt", "provenance.json"]
    assert json.loads((repository / where / "data/base/provenance.json").read_text()) == {"kind": "none"}


def test_says_how_to_get_own_data_that_is_missing(repository):
    next(repository.glob("data/own/*/my.txt")).unlink()
    done = run(repository)
    assert done.returncode == 1
    assert done.stderr.startswith("error: data/own/")
    assert "dvc pull" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "data.name: found None (did you mean none?); available: bbc_topics, brown"),
        ({"name": "chitcha"}, "did you mean chitchat?"),
        ({"name": "chitchat", "sise": 1}, "data.sise: unknown key"),
        ({"name": "tang_poems", "characters": 6}, "data.characters: found 6"),
        ({"name": "tang_poems"}, "data.characters: missing"),
        (
            {"name": "local_text", "file": "a.doc", "sha256": "0" * 64, "prompt": None, "text": None, "first_words": 1},
            ".doc",
        ),
    ],
)
def test_a_wrong_key_is_named(data, words, tmp_path):
    (tmp_path / "params.yaml").write_text(
        json.dumps({"data": data, "corpus": {"name": "none"}, "base_model": {"name": "none"}})
    )
    done = run(tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_help_teaches(tmp_path):
    done = run(tmp_path, "--help")
    assert done.returncode == 0
    assert "provenance.json" in done.stdout
    assert "Example" in done.stdout
