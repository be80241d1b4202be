"""A language model of one's own: from a folder, and from the Hugging Face Hub, which a server on the loopback plays."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from promptgan.data.download import PROVENANCE, NoSourceDelivered, WrongContent, download
from promptgan.data.models import local_model
from promptgan.data.own_model import NoModel, here, located
from tests.language_models import VOCABULARY, language_model

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PROGRAM = """
import json, sys
from pathlib import Path
from promptgan.core.errors import clean_errors
from promptgan.data import own_model
from promptgan.data.download import download
from promptgan.data.models import hub
with clean_errors():
    section = own_model.located(sys.argv[1])[1]
    download(hub.upstream(hub.Parameters(**section)), Path("base"), cache=Path("cache"), roots=[])
    print(json.dumps(section))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    language_model(tmp_path / "mine")
    (tmp_path / "mine/README.md").write_text("not wanted")
    return tmp_path / "mine"


@pytest.fixture
def hub(folder: Path) -> Iterator[str]:
    """The address of a server that offers the model as `somebody/mine`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.rsplit("/", 1)[-1]
            if self.path.startswith(f"/api/models/somebody/mine/tree/{COMMIT}"):
                tree = [
                    {"type": "file", "path": file.name, "size": file.stat().st_size, "oid": "0" * 40}
                    for file in sorted(folder.iterdir())
                ]
                self.answer(json.dumps(tree).encode())
            elif self.path.startswith("/api/models/somebody/mine"):
                files = [{"rfilename": file.name} for file in sorted(folder.iterdir())]
                self.answer(json.dumps({"id": "somebody/mine", "sha": COMMIT, "siblings": files}).encode())
            elif self.path.startswith(f"/somebody/mine/resolve/{COMMIT}/") and (folder / name).is_file():
                self.answer((folder / name).read_bytes())
            else:
                self.send_response(404)
                self.send_header("X-Error-Code", "RepoNotFound")
                self.send_header("Content-Length", "0")
                self.end_headers()

        do_HEAD = do_GET  # noqa: N815

        def answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("ETag", hashlib.sha256(body).hexdigest())
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def ask(hub: str, model: str, where: Path) -> subprocess.CompletedProcess[str]:
    away = {"HF_ENDPOINT": hub, "HF_HOME": str(where / "hf"), "HF_HUB_DISABLE_XET": "1", "HF_HUB_OFFLINE": "0"}
    command = [sys.executable, "-c", PROGRAM, model]
    return subprocess.run(command, cwd=where, env=os.environ | away, capture_output=True, text=True)


def test_a_folder_is_taken_as_it_is_and_no_other_content(folder: Path, tmp_path: Path) -> None:
    _, section = located(str(folder))
    upstream = local_model.upstream(local_model.Parameters(**section))
    provenance = download(upstream, tmp_path / "base", cache=tmp_path / "cache", roots=[])
    files = {"config.json", "tokenizer.json", "model.safetensors"}
    assert {path.name for path in (tmp_path / "base").iterdir()} == {*files, PROVENANCE}
    assert set(provenance["files"]) == files
    assert provenance["source"] == {"kind": "folder", "path": str(folder), "sha256": section["content_sha256"]}
    (folder / "config.json").write_text("{}")
    with pytest.raises(WrongContent):
        download(upstream, tmp_path / "base", cache=tmp_path / "cache", roots=[])
    assert (tmp_path / "base/config.json").read_text() != "{}", "what was there stays"


def test_a_folder_that_has_gone_is_named(folder: Path, tmp_path: Path) -> None:
    upstream = local_model.upstream(local_model.Parameters(**located(str(folder))[1]))
    folder.rename(tmp_path / "elsewhere")
    with pytest.raises(NoSourceDelivered, match="no such folder"):
        download(upstream, tmp_path / "base", cache=tmp_path / "cache", roots=[])


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_what_a_folder_lacks_is_named(name: str, folder: Path) -> None:
    (folder / name).unlink()
    with pytest.raises(NoModel, match=name.replace("model.safetensors", "weights")):
        located(str(folder))


def pointer(file: Path) -> None:
    file.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-9])


def smaller(file: Path) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), "vocab_size": VOCABULARY - 1}))


@pytest.mark.parametrize(
    ("name", "breaks", "words"),
    [
        ("config.json", cut, r"config.json is no JSON"),
        ("config.json", smaller, "tokenizer.json has token ids up to"),
        ("config.json", lambda file: file.write_text('{"text_config": {}}'), "config.json has no vocab_size"),
        ("tokenizer.json", lambda file: file.write_text("{}"), "tokenizer.json is no tokenizer"),
        ("tokenizer.json", pointer, "tokenizer.json is a pointer of Git LFS"),
        ("model.safetensors", cut, "model.safetensors is broken"),
        ("model.safetensors", pointer, "model.safetensors is a pointer of Git LFS"),
        (
            "model.safetensors",
            lambda file: file.rename(file.with_name("model-1-of-2.safetensors")),
            "has no model.safe",
        ),
        ("adapter_config.json", lambda file: file.write_text("{}"), "holds adapters of peft"),
        (
            "model.safetensors.index.json",
            lambda file: file.write_text('{"weight_map": {"a": "model-2-of-2.safetensors"}}'),
            "lacks model-2-of-2.safetensors",
        ),
    ],
)
def test_a_file_that_is_broken_is_named(name: str, breaks: Any, words: str, folder: Path) -> None:
    breaks(folder / name)
    with pytest.raises(NoModel, match=words):
        located(str(folder))


def test_what_cannot_be_a_name_on_the_hub_is_not_asked_of_it(folder: Path) -> None:
    for model, words in ((folder / "config.json", "a file, not a folder"), (folder / "gone", "no such folder")):
        with pytest.raises(NoModel, match=words):
            located(str(model))


def test_a_model_is_found_in_its_folder_and_then_where_it_was_downloaded(folder: Path, tmp_path: Path) -> None:
    base = tmp_path / "base"
    _, section = located(str(folder))
    assert here(section, base) == folder
    download(local_model.upstream(local_model.Parameters(**section)), base, cache=tmp_path / "cache", roots=[])
    folder.rename(tmp_path / "elsewhere")
    assert here(section, base) == base
    assert here({**section, "content_sha256": "0" * 64}, base) is None, "another model lies there"


def test_a_model_of_the_hub_is_pinned_to_its_commit_and_content(hub: str, folder: Path, tmp_path: Path) -> None:
    done = ask(hub, "somebody/mine", tmp_path)
    assert done.returncode == 0, done.stderr
    same = located(str(folder))[1]["content_sha256"]
    section = {"name": "hub", "repository": "somebody/mine", "revision": COMMIT, "content_sha256": same}
    assert json.loads(done.stdout) == section
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        assert (tmp_path / "base" / name).read_bytes() == (folder / name).read_bytes()
    assert not (tmp_path / "base/README.md").exists()


def test_a_model_that_the_hub_does_not_have_is_a_clear_error(hub: str, tmp_path: Path) -> None:
    done = ask(hub, "somebody/else", tmp_path)
    assert done.returncode == 2
    assert "somebody/else is no folder here" in done.stderr
    assert "Traceback" not in done.stderr


def test_whatever_the_client_of_the_hub_raises_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*asked: object) -> None:
        raise RuntimeError("Name or service not known")  # its HTTP library has errors of its own

    monkeypatch.setattr("huggingface_hub.HfApi.model_info", unreachable)
    with pytest.raises(NoModel, match="the Hugging Face Hub did not deliver it: Name or service not known"):
        located("somebody/mine")
