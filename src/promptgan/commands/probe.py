"""`promptgan probe`: what a model associates with what."""

from pathlib import Path
from typing import Annotated

import typer

from promptgan.commands.command import print_json


def probe(
    model: Annotated[Path, typer.Option(help="A model folder that holds a generator or a classifier of texts.")] = Path(
        "models/adversarial"
    ),
    pieces: Annotated[
        bool, typer.Option("--pieces", help="A word of several tokens counts too, as the mean of their embeddings.")
    ] = False,
    sentences: Annotated[
        bool, typer.Option("--sentences", help="Of a generator: which occupations it finds likelier of men or women.")
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Of every model of this checkout, all of it, for its report and card.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the permutations, where not all are taken.")] = 1,
    json: Annotated[bool, typer.Option("--json", help="Everything as JSON, the lost words too.")] = False,
) -> None:
    """Test what a model's embeddings associate with what.

    The Word Embedding Association Test (Caliskan et al., 2017) on the input embeddings: effect sizes from -2 to 2 and
    one-sided permutation p values. The word sets are fetched once, from a pinned package. A test whose sets have lost
    too many words is refused. With --sentences pairs of sentences that differ in the words for a man or a woman are
    compared by their likelihood instead. With --keep all of this is asked of twin, control and adversarial model and
    written into data/probes.csv, from which the report and the model card show it; commit the file.

    \b
    promptgan probe --model models/adversarial
    promptgan probe --pieces --json
    promptgan probe --sentences
    promptgan probe --keep && dvc repro report
    """
    if (keep and (pieces or sentences or json)) or (pieces and sentences):
        raise typer.BadParameter("--keep takes all tests and prints none; --pieces is of words, not of --sentences")
    if keep:
        _keep(seed)
        return
    if sentences:
        _sentences(model, seed, json)
        return
    from promptgan.applications.probing.probe import Embeddings, described
    from promptgan.applications.probing.probe import probe as probed
    from promptgan.applications.probing.word_sets import QUERIES, word_sets
    from promptgan.commands.terminal import table, terminal

    found = probed(Embeddings(model, pieces), word_sets(), QUERIES, seed)
    if json:
        print_json(described(found))
        return
    rows = []
    for each in found:
        counts = "+".join(f"{len(words)}/{len(words) + len(each.lost[name])}" for name, words in each.found.items())
        a = each.association
        rows.append([str(each.query), f"{a.effect_size:+.2f}" if a else "-", f"{a.p:.4f}" if a else "-", counts])
    terminal().print(table(["targets with attributes", "effect size", "p", "words"], rows))
    for each in found:
        if each.refused:
            terminal().print(f"refused: {each.query}: too few words: {each.refused}")


def _sentences(model: Path, seed: int, json: bool) -> None:
    from promptgan.applications.probing.sentences import gaps
    from promptgan.commands.terminal import table, terminal
    from promptgan.tasks.text.samples.samples import load

    found = gaps(load(model), seed=seed)
    if json:
        print_json({**found._asdict(), "association": found.association._asdict()})
        return
    ordered = sorted(found.gaps.items(), key=lambda entry: -entry[1])
    rows = [[name, f"{gap:+.2f}"] for name, gap in ordered]
    terminal().print(table(["occupation", "nats likelier of a man than of a woman"], rows))
    men, women = found.means
    terminal().print(
        f"occupations of more men {men:+.2f}, of more women {women:+.2f}; the difference: {men - women:+.2f} nats,"
        f" effect size {found.association.effect_size:+.2f}, p {found.association.p:.2g}"
    )
    if found.lost:
        terminal().print(f"not in the vocabulary: {', '.join(found.lost)}")


def _keep(seed: int) -> None:
    from promptgan.applications.probing.findings import findings
    from promptgan.applications.probing.word_sets import word_sets
    from promptgan.networks.folder import with_models
    from promptgan.reporting import probes
    from promptgan.terms.systems import MODELS

    sets, found = word_sets(), []
    for folder in with_models({name: Path("models", folder) for name, folder in MODELS.items()}).values():
        print(f"probing {folder}", flush=True)
        found += findings(folder, sets, seed)
    probes.keep(found)
    refused = sum(finding.p is None for finding in found)
    print(f"{len(found)} tests, {refused} of them refused for want of words, are kept in {probes.LIST}")
    print(f"next: `dvc repro report` shows them, and `git add {probes.LIST}` keeps them")
