"""Self-BLEU and BLEU against nltk, in one run; prints JSON.

nltk takes minutes for thousands of texts, so it scores the first texts only, each against all the references that the
whole job has; its time for the whole job is that per text times the texts. Both sides compute orders 2 to 5.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))

import json
import time
from typing import Annotated

import numpy as np
import typer
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

from promptgan.tasks.text.measures.bleu import bleu, self_bleu

WEIGHTS = [tuple([1 / n] * n) for n in (2, 3, 4, 5)]


def main(
    texts: Annotated[int, typer.Option(help="Texts scored.")] = 2000,
    nltk_texts: Annotated[int, typer.Option(help="Of these, scored by nltk too.")] = 20,
    repeats: Annotated[int, typer.Option(help="Runs of ours; the fastest counts.")] = 3,
) -> None:
    """Compare speed and values on random sentences of 3 to 20 words, the words' frequencies following Zipf's law."""
    random = np.random.default_rng(1)
    sentences = [[f"w{w}" for w in random.zipf(1.3, n) % 6000] for n in random.integers(3, 21, 2 * texts)]
    hypotheses, references = sentences[:texts], sentences[texts:]
    method1 = SmoothingFunction().method1
    result = {}
    for name, ours, theirs in [
        ("self_bleu", lambda: self_bleu(hypotheses), lambda i: hypotheses[:i] + hypotheses[i + 1 :]),
        ("bleu", lambda: bleu(hypotheses, references), lambda i: references),
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
            "references": texts,
            "seconds": round(min(seconds), 4),
            "nltk_texts_measured": nltk_texts,
            "nltk_seconds_for_all_by_proportion": round(nltk_seconds, 1),
            "times_faster_than_nltk": round(nltk_seconds / min(seconds)),
            "largest_difference": float(np.abs(scores[:, :nltk_texts].T - expected).max()),
        }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    typer.run(main)
