"""The DVC remote: whether it is set, its plugin installed, its host answering, its secrets kept out of Git."""

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from promptgan.core.flat import flat
from promptgan.doctor.finding import Finding, near, note, problem
from promptgan.doctor.workspace import unwritable

if TYPE_CHECKING:
    from dvc.repo import Repo

PATIENCE_SECONDS = 15.0
LOCKED = ("s3", "ssh")
"""Kinds of remote whose plugin requirements-tools.lock pins."""
GUIDE = "docs/sharing.md"
SECRET = re.compile(r"password|passphrase|secret|token$|access_key|account_key|connection_string|customer_key$|oss_key")
"""Names of DVC's settings whose value is a secret."""


def configured(repo: "Repo") -> Finding:
    """Whether `dvc pull` and `dvc push` know where to go, and could."""
    from dvc.config import ConfigError
    from dvc.fs import get_cloud_fs
    from dvc_objects.fs.errors import RemoteMissingDepsError

    name = repo.config["core"].get("remote")
    if not name:
        return note("remote", "none is the default: `dvc pull` and `dvc push` refuse", f"name one: {GUIDE}")
    try:
        kind, settings, path = get_cloud_fs(repo.config, name=name)
        files = kind(**settings)
    except (ImportError, RemoteMissingDepsError):
        url = _without_secret(repo.config["remote"][name]["url"])
        scheme = urlsplit(url).scheme
        install = f"{near(Path(sys.executable))} -m pip install dvc-{scheme}"
        remedy = "make tools" if scheme in LOCKED else install
        return problem("remote", f"{name}, {url}: the package dvc-{scheme} is not installed", remedy)
    except ConfigError as error:
        return problem("remote", f"{name}: {error}", f"see `dvc remote list` and {GUIDE}")
    if files.protocol == "local":
        return _folder(name, Path(path))
    return Finding("remote", f"{name}, {files.unstrip_protocol(path)}; `promptgan doctor --remote` asks it")


def answers(repo: "Repo") -> Finding:
    """Ask the default remote for the names at its top, as DVC does with the settings of this clone."""
    name = repo.config["core"].get("remote")
    if not name:
        return note("remote answers", "no remote to ask", f"name one: {GUIDE}")
    remedy = f"is its host up, and is what {GUIDE} names in .dvc/config.local?"
    try:
        done = subprocess.run(
            [sys.executable, "-m", "dvc", "ls-url", f"remote://{name}"],
            cwd=repo.root_dir,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            start_new_session=True,  # without a terminal, nothing can ask for a password and wait
            check=False,
        )
    except subprocess.TimeoutExpired:
        return problem("remote answers", f"{name}: no answer in {PATIENCE_SECONDS:.0f} s", remedy)
    if done.returncode == 0:
        return Finding("remote answers", f"{name} lists {len(done.stdout.split())} entries")
    reason = next((line for line in done.stderr.splitlines() if line.startswith("ERROR: ")), "ERROR: no reason given")
    if "does not exist" in reason:
        return note("remote answers", f"{name} answers and holds nothing", "`dvc push` fills it")
    return problem("remote answers", f"{name}: {reason.removeprefix('ERROR: ')}", remedy)


def secrets(repo: "Repo") -> Finding:
    """Whether a secret stands in `.dvc/config`, which Git tracks."""
    settings = flat(repo.config.load_one("repo"))
    keys = sorted(key for key, value in settings if _is_secret(key.rpartition(".")[2], str(value)))
    if not keys:
        return Finding("secrets", "none in .dvc/config")
    remedy = (
        "set it again with `dvc remote modify --local`, take it out of .dvc/config, and revoke it if it was committed"
    )
    return problem("secrets", f"in .dvc/config, which Git tracks: {', '.join(keys)}", remedy)


def _folder(name: str, path: Path) -> Finding:
    if not path.exists():
        remedy = f"`make run` makes every file; `dvc push` creates the folder; another place: {GUIDE}"
        return note("remote", f"{name}, {path}: nothing was pushed yet, so `dvc pull` finds nothing", remedy)
    if reason := unwritable(path):
        return problem("remote", f"{name}, {path}: `dvc push` cannot write: {reason}", "name a folder of your own")
    return Finding("remote", f"{name}, {path}")


def _is_secret(name: str, value: str) -> bool:
    if name == "url":
        return _without_secret(value) != value
    return bool(SECRET.search(name)) and not name.startswith("ask_")


def _without_secret(url: str) -> str:
    return re.sub(r"(?<=://)([^/@:]*):[^/@]*@", r"\1@", url)
