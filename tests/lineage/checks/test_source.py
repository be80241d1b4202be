from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pandas as pd
import pyarrow.parquet as pq
import pytest

from promptgan.lineage.checks.source import exclusions
from promptgan.lineage.evidence import Evidence


def test_an_excluded_record_is_found_where_samples_answer_no_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("data/validated/test.parquet", "samples/generated/samples.parquet"):
        Path(name).parent.mkdir(parents=True)
    Path("data/excluded.csv").write_text("data,id,reason\nmnist,m1,asked for\n")
    pd.DataFrame({"id": ["m0", "m1"]}).to_parquet("data/validated/test.parquet")
    pd.DataFrame({"model": ["twin"], "image": [b""]}).to_parquet("samples/generated/samples.parquet")
    download = SimpleNamespace(parameters={"data": {"name": "mnist"}})
    evidence: Any = SimpleNamespace(lock=SimpleNamespace(stages={"download": download}), table=pq.read_table)
    (found,) = exclusions(cast("Evidence", evidence))
    assert found.link == "data/validated/test.parquet m1 -> data/excluded.csv"
