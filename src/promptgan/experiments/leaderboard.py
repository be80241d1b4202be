"""results/README.md and its pictures: recorded presets beside each other, their rivals and real data."""

import re
from collections.abc import Iterable, Iterator, Sequence
from statistics import fmean

from promptgan.core.files import write_text
from promptgan.core.flat import flat
from promptgan.experiments import gallery
from promptgan.experiments.entry import FOLDER, Entry
from promptgan.experiments.makeup import told
from promptgan.experiments.scores import (
    EQUAL,
    Estimate,
    contender,
    differences,
    measures,
    scores,
    shared_seeds,
    unconverged,
)
from promptgan.lineage.counting import few
from promptgan.reporting import pictures
from promptgan.reporting.headline import cost
from promptgan.terms.audit import NOTHING
from promptgan.terms.audit import differences as unequal
from promptgan.terms.comparison import ONE_SEED
from promptgan.terms.metrics import DIRECTIONS, Measures
from promptgan.terms.systems import ADVERSARIAL, REAL, RIVALS, SYSTEMS

PAGE = FOLDER / "README.md"

INK = "#777777"
"""Can be read on white and on black: a picture in a file does not know its page's colours."""

HEAD = """# Leaderboard

Presets that `promptgan compare` has trained, measured on test, by data set. Every preset has

{systems}

A number is the mean over training seeds, and ± is half its 95 % interval by Student's t over these seeds, so it says
how far other seeds would move it. One seed has no interval: in brackets is its standard error over examples, which says
nothing of other seeds. Twin and control are trained anew with every seed.
Differences are taken within a training seed, then averaged. **Bold**: the interval excludes zero, so the luck of the
seeds alone would rarely do it; nothing is corrected for the number of comparisons, of which one in twenty stands out by
chance. *At equal ...*: read off the curves where the two have as much of that; other columns take each at the point
that is chosen for it on validation. The columns are explained below each data set. What a run said of itself, of one
seed and over examples, stands below its differences.

Run a row again with `promptgan compare PRESET --seeds N`, which also writes this page; `promptgan compare --check` says
which presets still match the code, data and parameters that are here.
"""
BETWEEN = """Which is better, and is that more than luck? The ranked model of each preset minus that of
`{reference}`, the best of those with the most seeds (being picked by these numbers flatters it).
"""
DIFFERENCES = """What the adversarial phase is worth. Where a twin was still improving when its training ended there is
no verdict and nothing is bold, because more likelihood training would have gained by itself.
"""

MEASURING = ("compute", "data", "validate", "tokenize", "judges", "generate", "evaluate")
"""The sections of parameters in which presets must be alike for a fair comparison; in the others they are to differ."""

Rows = list[tuple[list[str], dict[str, Estimate], bool]]
"""Of a table: the words at the left, the numbers by column, and whether those that exclude zero are bold."""


def write() -> None:
    """Write the page and its pictures for what is recorded, and remove pictures of what no longer is.

    The same entries give the same bytes, whatever else is in the repository.

    Raises:
        EntryUnreadable: a file of results/ is not what `promptgan compare` writes.
    """
    entries = Entry.all()
    groups = tables(entries)
    parts = [HEAD.format(systems="\n".join(f"- **{each.title}**: {each.sentence}" for each in SYSTEMS))]
    drawn: dict[str, str] = {}
    for title, group in zip(_titles(groups), groups, strict=True):
        parts.append("\n".join(_section(title, group, drawn)))
    if not groups:
        parts.append("Nothing is recorded yet: `promptgan compare PRESET`.\n")
    failed = [
        f"`{entry.recipe}`, seed {seed}:\n\n" + "".join(f"    {line}\n" for line in lines)
        for entry in entries
        for seed, lines in sorted(entry.failed.items())
    ]
    if failed:
        parts.append("\n".join(["## Failed\n", *failed]))
    for path, text in {**drawn, PAGE.name: "\n".join(parts)}.items():
        write_text(FOLDER / path, text)
    for old in FOLDER.glob("*.svg"):
        if old.name not in drawn:
            old.unlink()
    gallery.remove_all_but(entry.recipe for entry in entries if entry.trained)


def tables(entries: Iterable[Entry]) -> list[list[Entry]]:
    """The entries with finished runs, together where measured in the same way on the same data; best first.

    What only some are measured by, such as the bounds of a model whose likelihood is not known, keeps nobody apart.
    """
    groups: dict[tuple[str, ...], list[Entry]] = {}
    for entry in (entry for entry in entries if entry.trained and entry.made):
        assert entry.made
        about, own = (entry.data["title"], entry.data["content_sha256"], entry.made.task), signature([entry])
        for (*theirs, _), group in groups.items():
            told = signature(group)
            if tuple(theirs) == about and all(told.get(name, line) == line for name, line in own.items()):
                group.append(entry)
                break
        else:
            groups[*about, str(len(groups))] = [entry]
    return [sorted(groups[key], key=_rank) for key in sorted(groups)]


def signature(group: Iterable[Entry]) -> dict[str, str]:
    """How the numbers of entries were measured, by what each line is about, in words that do not depend on the seed."""
    lines = (line for entry in group for line in next(iter(entry.trained.values())).signature)
    told = (re.sub(r"\bseed \d+", "the training seed", line) for line in lines)
    return {line.partition(":")[0]: line for line in told}


def seeds(numbers: Sequence[int]) -> str:
    """Seeds in words: "seed 1", "seeds 1, 2"."""
    return f"seed{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"


def reference(group: Sequence[Entry]) -> Entry:
    """What the presets of a table, best first, are compared with: of those with the most seeds the best."""
    return max(group, key=lambda entry: len(entry.trained))


def _rank(entry: Entry) -> tuple[float, str]:
    """How far an entry is from the best: from real data where it has a number, since what lies beyond is no better."""
    by = measures(entry)[measures(entry).ranked_by]
    found, real = (scores(entry, system.name).get(by.name) for system in (contender(entry), REAL))
    if not found:
        return float("inf"), entry.recipe
    distance = abs(found.mean - real.mean) if real else found.mean if by.direction == "lower" else -found.mean
    return distance, entry.recipe


def _titles(groups: Sequence[Sequence[Entry]]) -> Iterator[str]:
    """A title for each table that no other has: the data's, with a number where several have the same."""
    titles = [group[0].data["title"] for group in groups]
    for place, title in enumerate(titles):
        yield f"{title} ({titles[: place + 1].count(title)})" if titles.count(title) > 1 else title


def _section(title: str, group: list[Entry], drawn: dict[str, str]) -> Iterator[str]:
    """The lines of a table's section; its pictures are added to those drawn, by file name."""
    known, first = measures(group[0]), reference(group)
    name, by = re.sub(r"\W+", "-", title.lower()).strip("-"), known[known.ranked_by]
    yield f"## {title}\n"
    yield f"sha256 of its content: `{group[0].data['content_sha256']}`\n"
    yield "### Ranking\n"
    line = ", and how near that is to real data, beyond which nothing is better" if scores(first, REAL.name) else ""
    yield f"By the mean {by.title} of the adversarial model, or of the twin where there is none{line}. {by.sentence}\n"
    rows: Rows = [
        ([str(rank), _name(entry), str(len(entry.trained))], scores(entry, contender(entry).name), False)
        for rank, entry in enumerate(group, 1)
    ]
    rows.append((["", REAL.title, str(len(first.trained))], scores(first, REAL.name), False))
    yield from _table(["rank", "preset", "seeds"], rows, known)
    yield ""
    yield from (f"- {_state(entry, first)}" for entry in group)
    if len(group) > 1:
        yield f"\n### Preset against preset\n\n{BETWEEN.format(reference=first.recipe)}"
        rows = []
        for entry in (entry for entry in group if entry is not first):
            both = ", ".join(map(str, shared_seeds(entry, first))) or "none"
            gaps = differences(entry, contender(entry).name, first, contender(first).name)
            rows.append(([_name(entry), both], gaps, True))
        yield from _table([f"minus `{first.recipe}`", "seeds of both"], rows, known, sign="+")
    rows = [
        ([f"`{entry.recipe}`", f"− {rival.title}"], gaps, not unconverged(entry))
        for entry in group
        for rival in RIVALS
        if (gaps := differences(entry, ADVERSARIAL.name, entry, rival.name))
    ]
    if rows:
        yield f"\n### Adversarial against its rivals\n\n{DIFFERENCES}"
        yield from _table(["preset", "adversarial"], rows, known, sign="+")
        if said := [f"- `{entry.recipe}`: {line}" for entry in group for line in _verdict(entry)]:
            yield from ("", *said)
    yield "\n### All systems\n"
    every = [(entry, system, scores(entry, system.name)) for entry in group for system in SYSTEMS]
    rows = [([f"`{entry.recipe}`", system.title], found, False) for entry, system, found in every if found]
    yield from _table(["preset", "system"], rows, known, settings=True)
    for entry in group:
        if text := _picture(entry, known):
            drawn[f"quality-{name}-{entry.recipe}.svg"] = text
            yield f"\n![{entry.recipe}: quality against diversity](quality-{name}-{entry.recipe}.svg)"
    yield "\n### How it was measured\n"
    yield from (f"- {line}" for line in signature(group).values())
    for unit in sorted({metric.per for metric in known.metrics if metric.per}):
        if len({run.outputs.get(unit) for entry in group for run in entry.trained.values()}) > 1:
            titles = ", ".join(metric.title for metric in known.metrics if metric.per == unit)
            yield f"- {titles}: these presets do not all have the same {unit}, so their units differ"
    yield f"\n{DIRECTIONS}.\n"
    yield from (f"- **{metric.title}** {metric.mark}: {metric.sentence}" for metric in known.metrics)
    yield ""


def _name(entry: Entry) -> str:
    """The preset, and what stands for it where it trains no adversary."""
    system = contender(entry)
    return f"`{entry.recipe}`" + ("" if system is ADVERSARIAL else f" ({system.title})")


def _state(entry: Entry, other: Entry) -> str:
    runs = entry.trained.values()
    where = ", ".join(sorted({f"torch {run.torch} on {run.device}" for run in runs}))
    alone = "" if len(runs) > 1 else "one seed, no interval: "
    text = f"`{entry.recipe}`: {alone}{seeds(sorted(entry.trained))}; {where}"
    if link := gallery.link(entry.recipe):
        text += f"; {link}"
    shares = [run.metrics.get("control", {}).get("cost_of_adversarial") for run in runs]
    what = "the adversarial phase's cost"
    if known := [share for share in shares if share is not None]:
        text += f"; the control took {cost(fmean(known), what)}"
    if still := unconverged(entry):
        text += f"; no verdict: the twin had not converged with {seeds(still)}"
    if entry.made and other.made:
        mine, theirs = (
            dict(flat({name: values for name, values in made.parameters.items() if name in MEASURING}))
            for made in (entry.made, other.made)
        )
        if found := [f"{key} {told(ours)} instead of {told(their)}" for key, ours, their in unequal(mine, theirs)]:
            text += f"; measured differently from `{other.recipe}`: {few(found, between='; ')}"
        changed = [path for path, *both in unequal(entry.made.inputs, other.made.inputs) if NOTHING not in both]
        if changed:
            text += f"; **run with other versions than `{other.recipe}`** of {few(changed, between='; ')}"
    return text


def _verdict(entry: Entry) -> Sequence[str]:
    """What its lowest seed said of the adversarial model; nothing where there is none, or none converged twin."""
    said = entry.trained[min(entry.trained)].verdict if contender(entry) is ADVERSARIAL else []
    return [] if unconverged(entry) else [line for line in said if line != ONE_SEED]


def _picture(entry: Entry, known: Measures) -> str:
    """The first quality over diversity with the lowest seed, as SVG; nothing where it has no such curve."""
    if known.diversity is None:
        return ""
    x, y = known[known.diversity], known[known.qualities[0]]
    run = entry.trained[min(entry.trained)]
    rows = [
        {"model": system.name, x.name: str(diversity), y.name: str(quality)}
        for system in SYSTEMS
        for diversity, quality in run.curve(system.name, x.name, y.name)
    ]
    text = pictures.quality_over_diversity(rows, y, x) if rows else ""
    return text.replace("currentColor", INK).replace("inherit", "sans-serif")


def _table(heads: list[str], rows: Rows, known: Measures, *, sign: str = "", settings: bool = False) -> Iterator[str]:
    """The lines of a Markdown table: what ranks first, then gaps of curves, then the metrics in their order.

    ``sign`` is how numbers are signed, as `format` takes it; with ``settings`` it has columns that are a choice, too.
    """
    names = [metric.name for metric in known.metrics if settings or metric.direction != "none"]
    order = dict.fromkeys([known.ranked_by, *(f"{EQUAL}{name}" for name in known.qualities), *names])
    columns = {key: known[key.removeprefix(EQUAL)] for key in order if any(key in numbers for _, numbers, _ in rows)}
    equal = f" *at equal {known[known.diversity].title}*" if known.diversity else ""
    titles = [
        f"{metric.title} {metric.mark}".strip() + (equal if key.startswith(EQUAL) else "")
        for key, metric in columns.items()
    ]
    yield f"| {' | '.join([*heads, *titles])} |"
    yield f"| {' | '.join(['---'] * len(heads) + ['---:'] * len(columns))} |"
    for words, numbers, bold in rows:
        cells = [_cell(numbers.get(key), metric.format, sign, bold) for key, metric in columns.items()]
        yield f"| {' | '.join([*words, *cells])} |"


def _cell(found: Estimate | None, style: str, sign: str, bold: bool) -> str:
    if found is None:
        return "–"
    spread = "" if found.half_width is None else f" ± {found.half_width:{style}}"
    spread = spread or ("" if found.error is None else f" ({found.error:{style}})")
    text = f"{found.mean:{sign}{style}}{spread}"
    return f"**{text}**" if bold and found.excludes_zero else text
