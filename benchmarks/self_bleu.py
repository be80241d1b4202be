"""Self-BLEU and BLEU against nltk and fast-bleu, in one run; prints JSON.

nltk takes minutes for thousands of texts, so it scores the first texts only, each against all the references that the
whole job has; its time for the whole job is that per text times the texts. fast-bleu, in C++, is built in a place
of its own and runs on one thread; where it does not compile, the reason stands in its place. All compute orders 2 to 5.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

import json
import os
import subprocess
import tempfile
import time
import venv
from typing import Annotated

import numpy as np
import typer
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

from promptgan.tasks.text.measures.bleu import bleu, self_bleu

WEIGHTS = [tuple([1 / n] * n) for n in (2, 3, 4, 5)]
FAST_BLEU = "fast-bleu==0.0.90"
FAST_BLEU_PROGRAM = """
import json, sys, time
from fast_bleu import BLEU, SelfBLEU
hypotheses, references, repeats = json.load(open(sys.argv[1]))
weights = {n: (1 / n,) * n for n in (2, 3, 4, 5)}
seconds = {"self_bleu": [], "bleu": []}
for _ in range(repeats):
    start = time.perf_counter()
    SelfBLEU(hypotheses, weights).get_score()
    middle = time.perf_counter()
    BLEU(references, weights).get_score(hypotheses)
    seconds["self_bleu"].append(middle - start)
    seconds["bleu"].append(time.perf_counter() - middle)
print(json.dumps({name: min(values) for name, values in seconds.items()}))
"""


def main(
    texts: Annotated[int, typer.Option(help="Texts scored.")] = 2000,
    references: Annotated[int, typer.Option(help="Texts that BLEU compares them with.")] = 10_000,
    nltk_texts: Annotated[int, typer.Option(help="Of these, scored by nltk too.")] = 20,
    repeats: Annotated[int, typer.Option(help="Runs of ours; the fastest counts.")] = 3,
) -> None:
    """Compare speed and values on random sentences of 3 to 20 words, the words' frequencies following Zipf's law."""
    random = np.random.default_rng(1)
    sentences = [[f"w{w}" for w in random.zipf(1.3, n) % 6000] for n in random.integers(3, 21, texts + references)]
    hypotheses, real = sentences[:texts], sentences[texts:]
    method1 = SmoothingFunction().method1
    result = {}
    fast, reason = _fast_bleu(hypotheses, real, repeats)
    for name, ours, theirs in [
        ("self_bleu", lambda: self_bleu(hypotheses), lambda i: hypotheses[:i] + hypotheses[i + 1 :]),
        ("bleu", lambda: bleu(hypotheses, real), lambda i: real),
    ]:
        seconds = []
        for _ in range(repeats):
            start = time.perf_counter()
            scores = ours()
            seconds.append(time.perf_counter() - start)
        start = time.perf_counter()
        expected = [sentence_bleu(theirs(i), hypotheses[i], WEIGHTS, method1) for i in range(nltk_texts)]
        nltk_seconds = (time.perf_counter() - start) / nltk_texts * texts
        result[name] = {
            "texts": texts,
            "references": texts if name == "self_bleu" else references,
            "seconds": round(min(seconds), 4),
            "nltk_texts_measured": nltk_texts,
            "nltk_seconds_for_all_by_proportion": round(nltk_seconds, 1),
            "times_faster_than_nltk": round(nltk_seconds / min(seconds)),
            "times_faster_than_fast_bleu": round(fast[name] / min(seconds), 2) if fast else reason,
            "largest_difference": float(np.abs(scores[:, :nltk_texts].T - expected).max()),
        }
    print(json.dumps(result, indent=2))


def _fast_bleu(hypotheses: list[list[str]], real: list[list[str]], repeats: int) -> tuple[dict[str, float], str]:
    """Its seconds for each, or why there are none."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = f"{folder}/bin/python"
        built = subprocess.run([python, "-m", "pip", "install", "--quiet", FAST_BLEU], capture_output=True, text=True)
        if built.returncode:
            return {}, f"{FAST_BLEU} cannot be built: {built.stderr.strip().splitlines()[-1][:200]}"
        texts = f"{folder}/texts.json"
        with open(texts, "w", encoding="utf-8") as file:
            json.dump([hypotheses, real, repeats], file)
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            [python, "-c", FAST_BLEU_PROGRAM, texts], env=environment, capture_output=True, check=True
        )
        seconds: dict[str, float] = json.loads(done.stdout)
        return seconds, ""


if __name__ == "__main__":
    typer.run(main)
