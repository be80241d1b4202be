"""Tokenizing: throughput against the bare library, and peak memory of ten times the data against one.

Needs `data/validated` of a finished run. Each measurement is a process of its own, so that peaks do not mix.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1] / "src")
os.environ["RAYON_NUM_THREADS"] = "1"

SOURCE = Path("data/validated")
ROUNDS = 3


def ours(folder: Path) -> float:
    """Encode the splits of ``folder`` with a tokenizer that is fitted on them; seconds."""
    from promptgan.core.parameters import load_params
    from promptgan.tasks.text.arrays import arrays as text

    parameters = text.Parameters(**load_params()["tokenize"])
    with tempfile.TemporaryDirectory() as out:
        start = time.perf_counter()
        text.tokenize(folder, Path(out), parameters)
        return time.perf_counter() - start


def bare(folder: Path) -> float:
    """The same tokenizer fitted and applied on lists in memory, nothing written; seconds."""
    import pyarrow.parquet as pq

    from promptgan.core.parameters import load_params
    from promptgan.tasks.text.arrays import arrays as text

    parameters = text.Parameters(**load_params()["tokenize"])
    start = time.perf_counter()
    tables = {name: pq.read_table(folder / f"{name}.parquet") for name in text.SPLITS}
    columns = {name: [t.column(c).to_pylist() for c in ("prompt", "text")] for name, t in tables.items()}
    tokenizer = text.fit(iter(columns["train"]), parameters)
    for lists in columns.values():
        for texts in lists:
            [encoding.ids for encoding in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
    return time.perf_counter() - start


def repeat(times: int, target: Path) -> None:
    """The validated splits, ``times`` over, as new Parquet files."""
    import pyarrow.parquet as pq

    for file in SOURCE.glob("*.parquet"):
        if file.stem != "quarantine":
            table = pq.read_table(file)
            with pq.ParquetWriter(target / file.name, table.schema) as writer:
                for _ in range(times):
                    writer.write_table(table)


def _apart(what: str, folder: Path) -> dict[str, float]:
    done = subprocess.run([sys.executable, __file__, what, str(folder)], capture_output=True, text=True, check=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def main() -> None:
    """Print throughput and peak memory, and their ratios, as JSON."""
    if len(sys.argv) == 3:
        seconds = {"ours": ours, "bare": bare}[sys.argv[1]](Path(sys.argv[2]))
        print(json.dumps({"seconds": seconds, "peak_kb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
        return
    with tempfile.TemporaryDirectory() as folder:
        once, tenfold = Path(folder) / "once", Path(folder) / "tenfold"
        for times, target in ((1, once), (10, tenfold)):
            target.mkdir()
            repeat(times, target)
        rounds = [(_apart("ours", once), _apart("bare", once)) for _ in range(ROUNDS)]
        seconds = [statistics.median(r[i]["seconds"] for r in rounds) for i in (0, 1)]
        peak = rounds[0][0]["peak_kb"]
        result = {
            "seconds": round(seconds[0], 2),
            "bare_seconds": round(seconds[1], 2),
            "throughput_of_bare": round(seconds[1] / seconds[0], 2),
            "peak_of_tenfold_data": round(_apart("ours", tenfold)["peak_kb"] / peak, 2),
        }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
