"""The trained model, fetched by its name as a registered artifact."""

import sys
from pathlib import Path

import pytest
import yaml

from tests.pipeline.clone import DVC, ROOT, Clone

VERSION = "v1.0.0"
FETCH = """
import sys
from pathlib import Path

import dvc.api

repository = sys.argv[1]
artifact = dvc.api.artifacts_show("generator", version="v1.0.0", repo=repository)
files = dvc.api.DVCFileSystem(repository, rev=artifact["rev"])
files.get(artifact["path"], "fetched", recursive=True)
with dvc.api.open(f"{artifact['path']}/index.json", repo=repository, rev=artifact["rev"], mode="rb") as file:
    opened = file.read()
read = dvc.api.read(f"{artifact['path']}/index.json", repo=repository, rev=artifact["rev"], mode="rb")
assert opened == read == Path("fetched/index.json").read_bytes()
print(dvc.api.get_url(f"{artifact['path']}/index.json", repo=repository, rev=artifact["rev"]))
"""


@pytest.fixture(scope="module")
def registered(finished: Clone, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A finished clone whose model is a registered version, pushed, and then trained no further."""
    clone = finished.copy(tmp_path_factory.mktemp("registered") / "clone")
    clone.dvc("push")
    clone.git("tag", "--annotate", f"generator@{VERSION}", "--message", "the generator of this run")
    return clone


@pytest.fixture
def elsewhere(registered: Clone, tmp_path: Path) -> Clone:
    """A folder that is no repository, and a home of its own."""
    for name in ("folder", "home"):
        (tmp_path / name).mkdir()
    return Clone(tmp_path / "folder", tmp_path / "home")


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_model_is_an_artifact_with_a_type_a_description_and_labels() -> None:
    artifact = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["artifacts"]["generator"]
    assert (artifact["path"], artifact["type"]) == ("models/adversarial", "model")
    assert artifact["desc"] and artifact["labels"]


def test_artifacts_get_fetches_a_model_that_answers(registered: Clone, elsewhere: Clone) -> None:
    elsewhere.dvc("artifacts", "get", str(registered.path), "generator", "--rev", VERSION, "--out", "model")
    assert files(elsewhere.path / "model") == files(registered.path / "models/adversarial")
    program = f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r}); from promptgan.cli import main; main()"
    said = elsewhere.run(sys.executable, "-c", program, "generate", "--model", "model", "--prompt", "why is it")
    assert said.startswith("> why is it\n  ")


def test_from_a_git_server_the_place_of_the_files_is_named(registered: Clone, elsewhere: Clone) -> None:
    store = registered.path.parent / "promptgan-remote"
    url = f"file://{registered.path}"  # DVC clones it, and sees neither its cache nor what lies beside it
    elsewhere.dvc("artifacts", "get", url, "generator", "--out", "model", "--remote-config", f"url={store}")
    assert files(elsewhere.path / "model") == files(registered.path / "models/adversarial")


def test_without_a_registered_version_get_fetches_by_path(finished: Clone, elsewhere: Clone) -> None:
    said = elsewhere.refused(*DVC, "artifacts", "get", str(finished.path), "generator")
    assert "Unable to find artifact 'generator'" in said
    elsewhere.dvc("get", str(finished.path), "models/adversarial", "--out", "model")
    assert files(elsewhere.path / "model") == files(finished.path / "models/adversarial")


def test_dvc_api_fetches_opens_and_locates_the_model(registered: Clone, elsewhere: Clone) -> None:
    said = elsewhere.run(sys.executable, "-W", "error", "-c", FETCH, registered.path)
    assert files(elsewhere.path / "fetched") == files(registered.path / "models/adversarial")
    assert Path(said.strip()).read_bytes() == (registered.path / "models/adversarial/index.json").read_bytes()
