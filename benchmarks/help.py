"""`promptgan --help` against an empty Typer app with the same settings: wall time of whole processes, interleaved."""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROUNDS = 15
ROOT = Path(__file__).resolve().parents[1]
EMPTY = """
import typer
app = typer.Typer(add_completion=False, rich_markup_mode=None)
@app.command()
def one(): "One."
@app.command()
def two(): "Two."
app()
"""
OURS = f"import sys; sys.path.insert(0, {str(ROOT / 'src')!r}); from promptgan.cli import main; main()"


def main() -> None:
    """Print the median seconds of both, and their ratio, as JSON."""
    seconds: dict[str, list[float]] = {"promptgan": [], "empty": []}
    for _ in range(ROUNDS):
        for name, program in (("promptgan", OURS), ("empty", EMPTY)):
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", program, "--help"], capture_output=True, check=True)
            seconds[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    print(
        json.dumps(
            {
                "promptgan_help_seconds": round(medians["promptgan"], 3),
                "empty_typer_seconds": round(medians["empty"], 3),
                "ratio": round(medians["promptgan"] / medians["empty"], 2),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
