"""Everything that is probed in a model, as findings that are kept for its report and card."""

from pathlib import Path

from promptgan.applications.probing import sentences
from promptgan.applications.probing.probe import Embeddings, probe
from promptgan.applications.probing.word_sets import QUERIES
from promptgan.core.record import sha256
from promptgan.reporting.probes import Finding
from promptgan.tasks.text.samples.samples import load

PROBES = {"whole words": False, "words in pieces": True}
"""Of embeddings: whether words of several tokens count."""
SENTENCES = "pairs of sentences"
OCCUPATIONS = "occupations of more men / of more women with men / women"


def findings(model: Path, sets: dict[str, list[str]], seed: int = 1) -> list[Finding]:
    """Every test of embeddings and, of a generator of answers, of sentences; refused ones without an effect size.

    Raises:
        NotAModelFolder, NoTokenizer: there is no model of tokens with a generator or an encoder.
    """
    found, embeddings = [], Embeddings(model)
    weights = sha256(embeddings.weights)
    for name, pieces in PROBES.items():
        embeddings.pieces = pieces
        for each in probe(embeddings, sets, QUERIES, seed):
            size, p = each.association or (None, None)
            used = ", ".join(f"{len(words)} of {len(sets[of])}" for of, words in each.found.items())
            found.append(Finding(weights, name, str(each.query), size, p, used))
    if embeddings.index["task"] == "text" and embeddings.index["example"]["prompted"]:
        try:
            gaps = sentences.gaps(load(model), seed=seed)
        except sentences.TooFewKnown:
            found.append(Finding(weights, SENTENCES, OCCUPATIONS, None, None, ""))
        else:
            used = f"{len(gaps.gaps)} of {len(gaps.gaps) + len(gaps.lost)}"
            found.append(Finding(weights, SENTENCES, OCCUPATIONS, *gaps.association, used))
    return found
