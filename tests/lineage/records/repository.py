"""A small repository of Git and DVC with validated data, models and samples, in as many versions as a test wants."""

import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import yaml

from promptgan.lineage.records.versions import QUARANTINE
from promptgan.quality.output import write_parquet
from promptgan.terms.splits import SPLITS
from tests import warm

Tables = dict[str, list[tuple[str, ...]]]
"""id, group, prompt, text by split; in quarantine also rule and reason."""

PEOPLE = {
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@b.c",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@b.c",
}
VALIDATE = {"max_text_words": 20, "near_duplicates": {"shingle_words": 3, "threshold": 0.8}}
STAGES: dict[str, tuple[list[str], list[str]]] = {
    "download": ([], ["data/raw"]),
    "validate": (["data/excluded.csv", "data/raw"], ["data/validated", "metrics/validation.json"]),
    "tokenize": (["data/validated"], ["data/tokens"]),
    "pretrain": (["data/tokens"], ["models/pretrained"]),
    "judges": (["data/tokens"], ["models/judges"]),
    "generate": (["data/validated", "models/pretrained"], ["samples/generated"]),
    "report": (["samples/generated"], ["reports/html"]),
}
"""Dependencies and outputs of each stage, as far as they matter here."""


def tables(count: int = 12) -> Tables:
    """Conversations of three turns, all of one split."""
    things = ("tea", "rice", "soup", "bread")
    made: Tables = {split: [] for split in (*SPLITS, QUARANTINE)}
    for number, split in enumerate(SPLITS):
        for row in range(count):
            conversation = row // 3
            turns = [f"{split} turn {conversation} {row + i} about the {things[number]} that we had" for i in (0, 1)]
            made[split].append((f"{split}-{row:04d}", f"{split}-group-{conversation}", *turns))
    made[QUARANTINE].append(("bad-0001", "g-bad", "“spaced”  out", "", "empty-side", "the prompt or the text is empty"))
    return made


@dataclass
class Repository:
    """What a finished run leaves behind."""

    path: Path
    tables: Tables = field(default_factory=tables)
    title: str = "talk 1.0"
    parameters: dict[str, Any] = field(
        default_factory=lambda: {"task": "text", "data": {"name": "talk"}, "validate": VALIDATE}
    )
    quoted: str = "nothing"
    """What the report's page and the samples quote."""

    @property
    def cache(self) -> Path:
        return self.path / ".dvc/cache/files/md5"

    def finish(self) -> "Repository":
        """Write every output for the tables, as the stages would, put them into the cache, and lock them."""
        excluded = [line.split(",")[1] for line in (self.path / "data/excluded.csv").read_text().splitlines()[1:]]
        kept = {split: [row for row in rows if row[0] not in excluded] for split, rows in self.tables.items()}
        shutil.rmtree(self.path / "data/validated", ignore_errors=True)
        package = "\n".join(",".join(row) for rows in self.tables.values() for row in rows)
        source = {"kind": "pypi", "name": "talk", "version": self.title, "sha256": sha256(package)}
        self.write("data/raw/pairs.csv", package)
        self.write("data/raw/provenance.json", json.dumps({"title": self.title, "source": source}))
        for split, rows in kept.items():
            columns = ["id", "group", "prompt", "text", *(["rule", "reason"] if split == QUARANTINE else [])]
            if rows and split != QUARANTINE and len(rows[0]) == 5:
                columns.append("label")
            path = self.path / f"data/validated/{split}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_parquet(pd.DataFrame(rows, columns=columns), path)
        for split in SPLITS:
            self.tokens(split, [row[0] for row in kept[split]])
        self.write("data/tokens/tokenizer.json", '{"vocabulary": 300}')
        for model, split in {"pretrained": "train", "judges": "judge"}.items():
            weights = (8).to_bytes(8, "little") + b'{"a":1} ' + repr(kept[split]).encode()
            self.write(f"models/{model}/generator.safetensors", weights)
            self.write(f"models/{model}/tokenizer.json", '{"vocabulary": 300}')
            self.write(f"models/{model}/index.json", "{}")
        samples = pd.DataFrame(
            [(row[0], row[2], self.quoted) for row in kept["test"]], columns=["prompt_id", "prompt", "text"]
        )
        self.write("samples/generated/samples.txt", self.quoted)
        samples.to_parquet(self.path / "samples/generated/samples.parquet", index=False)
        self.write("reports/html/index.html", f"<p>{self.quoted}</p>")
        self.write("metrics/validation.json", json.dumps({"data": {"title": self.title, "content_sha256": ""}}))
        self.lock()
        return self

    def tokens(self, split: str, ids: list[str]) -> None:
        path = self.path / f"data/tokens/{split}.arrow"
        path.parent.mkdir(parents=True, exist_ok=True)
        table = pa.table({"id": pa.array(ids, pa.string()), "text": pa.array([[1]] * len(ids), pa.list_(pa.uint16()))})
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def lock(self) -> None:
        stages = {
            name: {
                "cmd": f"python stages/{name}.py",
                "deps": [self.locked(path, cached=False) for path in deps],
                "params": {"params.yaml": self.parameters},
                "outs": [self.locked(path, cached=not path.startswith("metrics")) for path in outs],
            }
            for name, (deps, outs) in STAGES.items()
        }
        self.write("dvc.lock", yaml.safe_dump({"schema": "2.0", "stages": stages}, sort_keys=False))

    def locked(self, name: str, cached: bool) -> dict[str, Any]:
        """The entry of a file or folder in dvc.lock; its bytes in the cache."""
        path = self.path / name
        if path.is_file():
            return {
                "path": name,
                "hash": "md5",
                "md5": self.store(path.read_bytes(), cached),
                "size": path.stat().st_size,
            }
        files = sorted(path.rglob("*"))
        listing = [{"md5": self.store(f.read_bytes(), cached), "relpath": f.name} for f in files]
        md5 = self.store(json.dumps(listing).encode(), cached, ".dir")
        return {
            "path": name,
            "hash": "md5",
            "md5": md5,
            "size": sum(f.stat().st_size for f in files),
            "nfiles": len(files),
        }

    def store(self, content: bytes, cached: bool, suffix: str = "") -> str:
        md5 = hashlib.md5(content).hexdigest() + suffix
        path = self.object(md5)
        if cached and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(0o444)
        return md5

    def object(self, md5: str, store: Path | None = None) -> Path:
        return (store or self.cache) / md5[:2] / md5[2:]

    def md5(self, name: str) -> str:
        return hashlib.md5((self.path / name).read_bytes()).hexdigest()

    def commit(self, message: str = "results") -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "--short=7", "HEAD")

    def remote(self, folder: Path) -> Path:
        """Make a folder the default remote, in the last commit too: DVC asks each commit for its own."""
        self.write(".dvc/config", f"[core]\n    remote = mine\n['remote \"mine\"']\n    url = {folder}\n")
        self.git("commit", "--quiet", "--all", "--amend", "--no-edit")
        return folder

    def dvc(self, *arguments: str) -> None:
        subprocess.run([warm.python(), "-m", "dvc", *arguments], cwd=self.path, check=True, capture_output=True)

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.path,
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, **PEOPLE},
        )
        return done.stdout.strip()


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
