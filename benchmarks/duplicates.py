"""The search for near duplicates across splits: seconds for four times as many records against as many, in one run.

Records are prompts that share few answers, of which comparing every candidate is quadratic. One thread.
"""

import json
import random
import sys
import time
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1] / "src")

from promptgan.quality.duplicates import NearDuplicates, higher_ranked_copies

FEWER, MORE = 32_000, 128_000
ANSWERS = 4


def seconds(count: int) -> float:
    """How long the search takes among ``count`` records."""
    source = random.Random(0)
    answers = [[f"answer{n}word{i}" for i in range(18)] for n in range(ANSWERS)]
    records = [
        [[f"word{source.randrange(5000)}" for _ in range(source.randint(2, 6))], source.choice(answers)]
        for _ in range(count)
    ]
    ranks = source.choices(range(4), weights=(8, 7, 5, 80), k=count)
    start = time.perf_counter()
    higher_ranked_copies(records, ranks, NearDuplicates(shingle_words=3, threshold=0.8))
    return time.perf_counter() - start


def main() -> None:
    """Print the seconds of both and their ratio, which is 4 where time is linear and 16 where it is quadratic."""
    fewer, more = seconds(FEWER), seconds(MORE)
    result = {
        f"seconds_{FEWER}": round(fewer, 2),
        f"seconds_{MORE}": round(more, 2),
        "ratio": round(more / fewer, 2),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
