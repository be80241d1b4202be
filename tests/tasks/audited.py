"""What the audits of tasks are given in tests: the files of the current folder."""

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from promptgan.core.parameters import load_params


class Run:
    """A finished run in this folder, as `promptgan.terms.audit.Outputs` wants it."""

    def parameters(self, stage: str) -> dict[str, Any]:
        return load_params(Path("params.yaml"))

    def json(self, path: str) -> Any:
        return json.loads(Path(path).read_text())

    def text(self, path: str) -> str:
        return Path(path).read_text()

    def rows(self, path: str) -> list[dict[str, str]]:
        return list(csv.DictReader(Path(path).read_text().splitlines()))

    def table(self, path: str) -> Any:
        return pq.read_table(path) if path.endswith(".parquet") else pa.ipc.open_file(path).read_all()
