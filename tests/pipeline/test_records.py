"""Versions of the data in the real pipeline: a new package is one changed pin, and a record goes from everywhere."""

import base64
import hashlib
import json
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from promptgan.data.sources import content_sha256
from promptgan.lineage.records.search import Search
from tests.pipeline.clone import Clone, committed_copy, pairs

DATA_SET = '''"""Verses: questions and answers of a package on this machine."""

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from promptgan.core.parameters import Section
from promptgan.data.sources import Licence, PyPI, Upstream

if TYPE_CHECKING:
    import pandas as pd

TASK = "text"


class Parameters(Section):
    """The section `data` for this data set."""

    name: Literal["verses"]


def upstream(parameters: Parameters) -> Upstream:
    """Where the data set comes from."""
    return Upstream(
        title="verses {version}",
        licence=Licence("CC0", "sure"),
        sources=(PyPI("{sha256}", "verses", "{version}", members=("verses/pairs.csv",)),),
        content_sha256="{content}",
    )


def records(raw: Path, parameters: Parameters) -> "pd.DataFrame":
    """A row is a record and a group of its own."""
    import pandas as pd

    with (raw / "pairs.csv").open(encoding="utf-8", newline="") as file:
        rows = [(f"v{{i:04d}}", f"g{{i}}", *row) for i, row in enumerate(csv.reader(file)) if i]
    return pd.DataFrame(rows, columns=["id", "group", "prompt", "text"])
'''


def wheel(folder: Path, version: str, content: str) -> Path:
    """A wheel with the pairs in it, as an index would serve it."""
    path = folder / f"verses-{version}-py3-none-any.whl"
    about = f"verses-{version}.dist-info"
    members = {
        "verses/pairs.csv": content,
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: verses\nVersion: {version}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digests = {name: hashlib.sha256(text.encode()).digest() for name, text in members.items()}
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(digests[name]).rstrip(b'=').decode()},{len(text.encode())}\n"
        for name, text in members.items()
    )
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in {**members, f"{about}/RECORD": f"{record}{about}/RECORD,,\n"}.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return path


def pinned(clone: Clone, package: Path, version: str, content: str) -> None:
    """Write the data set's file with the pin of one version."""
    hashes = {"pairs.csv": hashlib.sha256(content.encode()).hexdigest()}
    text = DATA_SET.format(
        version=version, sha256=hashlib.sha256(package.read_bytes()).hexdigest(), content=content_sha256(hashes)
    )
    (clone.path / "src/promptgan/data/sets/verses.py").write_text(text, encoding="utf-8")


@pytest.mark.slow
def test_a_new_version_of_a_package_is_one_changed_pin_and_what_moved_is_said(tmp_path: Path) -> None:
    clone = committed_copy(tmp_path / "clone", tmp_path / "home")
    index = tmp_path / "index"
    index.mkdir()
    settings = tmp_path / "home/.config/pip/pip.conf"
    settings.parent.mkdir(parents=True)
    settings.write_text(f"[global]\nno-index = true\nfind-links = {index}\n")
    first = pairs()
    pinned(clone, wheel(index, "1.0", first), "1.0", first)
    clone.write_params({**clone.params, "data": {"name": "verses"}})
    clone.dvc("repro", "validate")
    clone.git("add", "--all")
    clone.git("commit", "--quiet", "--message", "verses 1.0")
    assert clone.promptgan("data", "diff", "HEAD", "--brief") == ""

    lines = first.splitlines()
    lines[1] = lines[1].replace("?,", " now?,")
    lines[2] = f"write to a@b.example please,{lines[2].split(',')[1]}"
    second = "\n".join([*lines, "what is quite new about all of this?,everything that nobody had seen before."]) + "\n"
    pinned(clone, wheel(index, "2.0", second), "2.0", second)
    clone.dvc("repro", "validate")
    assert clone.git("status", "--short").split() == [
        "M", "dvc.lock", "M", "metrics/validation.json", "M", "src/promptgan/data/sets/verses.py"
    ]  # fmt: skip
    said = clone.promptgan("data", "diff", "HEAD", "--brief")
    assert said == (
        "data changed since HEAD: +1 row, 2 changed, 1 to quarantine; promptgan data diff HEAD shows them\n"
    )
    document = json.loads(clone.promptgan("data", "diff", "HEAD", "--json"))
    assert document["titles"] == ["verses 1.0", "verses 2.0"]
    assert document["causes"] == ["data/raw: other content", "src/promptgan/data/sets/verses.py: other content"]
    assert document["examples"]["to_quarantine"][0]["reason"].startswith("contact-details")


@pytest.mark.slow
def test_after_a_purge_the_pipeline_makes_everything_again_without_the_record(finished: Clone, tmp_path: Path) -> None:
    clone = finished.copy(tmp_path / "clone")
    train = pd.read_parquet(clone.path / "data/validated/train.parquet")
    record = train.iloc[3]
    said = clone.promptgan("data", "remove", "--record", record["id"], "--purge", "--yes")
    assert "models/adversarial" in said
    search = Search([record["id"]], [])
    assert holding(clone, search) == []
    assert not (clone.path / "models/control").exists()
    assert (clone.path / "data/raw").is_dir()

    clone.dvc("repro")
    assert "Data and pipelines are up to date" in clone.dvc("status")
    assert clone.hashes().keys() == finished.hashes().keys()
    assert clone.hashes("pretrain") != finished.hashes("pretrain")
    assert json.loads((clone.path / "metrics/validation.json").read_text())["rows"]["excluded"] == 1
    assert len(pd.read_parquet(clone.path / "data/validated/train.parquet")) == len(train) - 1
    assert holding(clone, search) == []
    brief = clone.promptgan("data", "diff", "--brief", "HEAD")
    assert brief.startswith("data changed since HEAD, but cannot be compared: data/validated of HEAD")
    assert "if it was purged" in brief and "make validate" not in brief
    again = clone.promptgan("data", "remove", "--record", record["id"], "--purge", "--yes")
    assert "nothing here is left to delete" in again
    assert "not_in_cache" not in json.loads(clone.dvc("data", "status", "--json").splitlines()[-1])


def holding(clone: Clone, search: Search) -> list[Path]:
    """The objects of the cache that hold a record by its id."""
    return [path for path in (clone.path / ".dvc/cache/files").rglob("*") if path.is_file() and search.finds(path)]
