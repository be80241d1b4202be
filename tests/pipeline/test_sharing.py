"""What one clone pushes, another pulls: beside it, over S3, over SSH; and where the secrets of that stand."""

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
import yaml

from tests.pipeline.clone import DVC, ROOT, Clone, until

SSHD = Path("/usr/sbin/sshd")
KIND = "elsewhere"
"""What the tests call a remote that is not the default one."""
SECRET = "not-to-be-in-git"


@pytest.fixture
def pusher(finished: Clone, tmp_path: Path) -> Clone:
    """A finished clone."""
    return finished.copy(tmp_path / "clones" / "pusher")


@pytest.fixture
def puller(pusher: Clone, tmp_path: Path) -> Clone:
    """A colleague's clone of it: what Git has, an empty cache, a home of its own."""
    home = tmp_path / "another home"
    home.mkdir()
    pusher.git("clone", "--quiet", ".", "../puller")
    return Clone(pusher.path.parent / "puller", home)


@pytest.fixture
def beside() -> dict[str, str]:
    """The committed default: nothing to set."""
    return {}


@pytest.fixture
def s3() -> Iterator[dict[str, str]]:
    """A bucket on moto's server."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    with urlopen(Request(f"{endpoint}/bucket", method="PUT")):
        pass
    yield {
        "url": "s3://bucket/promptgan",
        "endpointurl": endpoint,
        "region": "us-east-1",
        "access_key_id": "someone",
        "secret_access_key": SECRET,
    }
    server.stop()


@pytest.fixture
def ssh(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A folder behind an SSH server on the loopback, with keys made for it."""
    if not SSHD.exists():
        pytest.skip(f"no {SSHD} here; Debian's package openssh-server has it, and .ci/run installs that")
    if os.geteuid() == 0:  # what the system's own service would have made; without it root's sshd refuses to start
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    folder = tmp_path / "ssh"
    folder.mkdir(mode=0o700)
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "Port": port,
        "ListenAddress": "127.0.0.1",
        "HostKey": folder / "host",
        "AuthorizedKeysFile": folder / "user.pub",
        "PasswordAuthentication": "no",
        "KbdInteractiveAuthentication": "no",
        "UsePAM": "no",
        "StrictModes": "no",  # whatever the rights of the folders above
        "PidFile": "none",
        "Subsystem": "sftp internal-sftp",
    }
    (folder / "config").write_text("".join(f"{key} {value}\n" for key, value in settings.items()))
    with (folder / "log").open("w") as log:
        server = subprocess.Popen([SSHD, "-D", "-e", "-f", folder / "config"], stderr=log)
    try:
        until(lambda: "listening" in (folder / "log").read_text() or server.poll() is not None, "sshd", seconds=30)
        assert server.poll() is None, (folder / "log").read_text()
        yield {
            "url": f"ssh://127.0.0.1{folder}/store",
            "port": str(port),
            "user": pwd.getpwuid(os.geteuid()).pw_name,
            "keyfile": str(folder / "user"),
        }
    finally:
        server.terminate()
        server.wait()


def configure(clone: Clone, settings: dict[str, str]) -> None:
    """Make a remote the default of this clone alone, as docs/sharing.md says."""
    if not settings:
        return
    clone.dvc("remote", "add", "--quiet", "--local", "--default", KIND, settings["url"])
    for key, value in [*settings.items(), ("verify", "true")]:
        clone.dvc("remote", "modify", "--quiet", "--local", KIND, key, value)


def contents(clone: Clone) -> dict[str, bytes]:
    """Every file that DVC keeps: outputs and own data."""
    paths = [clone.path / path for path in (*clone.hashes(), "data/own")]
    files = [file for path in paths for file in ([path] if path.is_file() else path.rglob("*")) if file.is_file()]
    return {str(file.relative_to(clone.path)): file.read_bytes() for file in files}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["beside", "s3", "ssh"])
def test_what_one_clone_pushes_another_pulls(
    kind: str, pusher: Clone, puller: Clone, request: pytest.FixtureRequest
) -> None:
    settings = request.getfixturevalue(kind)
    configure(pusher, settings)
    pusher.dvc("push")
    if settings:
        shutil.copy(pusher.path / ".dvc/config.local", puller.path / ".dvc")
    assert len(contents(puller)) < len(contents(pusher))
    puller.dvc("pull")
    assert contents(puller) == contents(pusher)
    assert "up to date" in puller.dvc("status")
    assert not puller.git("status", "--porcelain"), "a setting of one clone is seen by Git"
    assert settings.get("secret_access_key", SECRET) not in (pusher.path / ".dvc/config").read_text()


def test_the_default_remote_needs_nothing_and_lies_beside_the_clone(pusher: Clone) -> None:
    store = pusher.path.parent / "promptgan-remote"
    assert not store.exists(), "a clone that shares nothing leaves nothing beside it"
    pusher.dvc("push", "models/judges")
    assert store.is_dir()


def test_no_secret_is_committed() -> None:
    config = (ROOT / ".dvc/config").read_text(encoding="utf-8")
    assert not [word for word in ("password", "passphrase", "key", "secret", "token", "user") if word in config]
    ignored = subprocess.run(["git", "check-ignore", ".dvc/config.local"], cwd=ROOT, capture_output=True, check=False)
    assert ignored.returncode == 0


def test_a_pull_that_finds_nothing_has_an_answer(puller: Clone) -> None:
    said = puller.refused(*DVC, "pull")
    answer = "Is your cache up to date?"
    assert answer in said
    for page in ("docs/sharing.md", "docs/troubleshooting.md"):
        assert answer in (ROOT / page).read_text(encoding="utf-8"), f"{page} does not quote what DVC says"
    assert not (puller.path.parent / "promptgan-remote").exists()
    doctor = puller.run("env", f"PYTHONPATH={puller.path / 'src'}", *DVC[:1], "-c", DOCTOR)
    assert "nothing was pushed yet, so `dvc pull` finds nothing" in doctor
    assert "-> `make run` makes every file" in doctor


DOCTOR = """
from promptgan.doctor.examination import examine
for each in examine(ask_remote=True):
    print(each.verdict, each.check, each.found, "->", each.remedy)
"""


def test_a_file_that_changed_in_the_remote_is_not_pulled(pusher: Clone, puller: Clone) -> None:
    pusher.dvc("push")
    listing = pusher.hashes("judges")["models/judges"]
    cached = pusher.path / ".dvc/cache/files/md5" / listing[:2] / listing[2:]
    file = next(entry for entry in yaml.safe_load(cached.read_text()) if entry["relpath"].endswith(".safetensors"))
    stored = pusher.path.parent / "promptgan-remote/files/md5" / file["md5"][:2] / file["md5"][2:]
    stored.chmod(0o644)
    content = stored.read_bytes()
    stored.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert "models/judges" in puller.refused(*DVC, "pull", "models/judges")
    assert not (puller.path / "models/judges" / file["relpath"]).exists()
