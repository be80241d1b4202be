"""results/README.md and its pictures: recorded presets beside each other, their twins, controls and real text."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from promptgan.experiments import leaderboard_pictures
from promptgan.experiments.entry import FOLDER, Entry, some_of
from promptgan.experiments.makeup import flat, shown, unequal
from promptgan.experiments.scores import (
    EQUAL,
    RIVALS,
    TOKENS,
    Estimate,
    differences,
    preset_differences,
    scores,
    shared_seeds,
    unconverged,
)
from promptgan.experiments.summary import SYSTEMS
from promptgan.reporting.explanations import DIRECTIONS, EXPLANATIONS
from promptgan.reporting.explanations import SYSTEMS as MEANINGS

PAGE = FOLDER / "README.md"
RANKED_BY = "ms_jaccard"
SHORT = 8
"""Digits of a sha256 in a title."""

HEAD = """# Leaderboard

Presets that `promptgan compare` has trained, measured on test, by data set. An adversarial model is
{adversarial}; beside each stand

{systems}

A number is the mean over training seeds, and ± is half its 95 % interval by Student's t over these seeds, so it says
how far other seeds would move it; one seed has no interval. Twin and control are trained anew with every seed.
Differences are taken within a training seed, then averaged. **Bold**: the interval excludes zero, so the luck of the
seeds alone would rarely do it; nothing is corrected for the number of comparisons, of which one in twenty stands out by
chance. *At equal Self-BLEU-4*: read off the curves over temperature where the two answer equally varied; other columns
take each at the temperature that it does best at on validation. The columns are explained at the end.

Run a row again with `promptgan compare PRESET --seeds N`, which also writes this page; `promptgan compare --check` says
which presets still match the code, data and parameters that are here.
"""
RANKING = """By the mean MS-Jaccard of the adversarial model. Real text is no upper bound: answers that prefer frequent
n-grams can score above it.
"""
BETWEEN = """Which is better, and is that more than luck? Adversarial model against adversarial model: each preset minus
`{reference}`, the best of those with the most seeds (being picked by these numbers flatters it).
"""
DIFFERENCES = """What the adversarial phase is worth. Where a twin was still improving when its training ended there is
no verdict and nothing is bold, because more likelihood training would have gained by itself.
"""


def write() -> None:
    """Write the page and its pictures for what is recorded, and remove pictures of what no longer is.

    The same entries give the same bytes, whatever else is in the repository.

    Raises:
        EntryUnreadable: a file of results/ is not what `promptgan compare` writes.
    """
    entries = Entry.all()
    groups = tables(entries)
    systems = "\n".join(f"- **{SYSTEMS[name]}**: {text}" for name, text in MEANINGS.items() if name != "adversarial")
    parts, pictures, drawn = [HEAD.format(systems=systems, adversarial=MEANINGS["adversarial"])], {}, Counter[str]()
    for title, group in zip(_titles(groups), groups, strict=True):
        name = re.sub(r"\W+", "-", group[0].made.parameters["data"]["name"] if group[0].made else "")
        drawn[name] += 1
        end = f"{name}-{drawn[name]}.svg" if drawn[name] > 1 else f"{name}.svg"
        quality, difference = f"quality-{end}", f"differences-{end}"
        pictures[quality] = leaderboard_pictures.quality_over_diversity(group)
        if text := leaderboard_pictures.differences_to_rivals(group):
            pictures[difference] = text
        parts.append("\n".join(_section(title, group, quality, difference if text else None)))
    if not pictures:
        parts.append("Nothing is recorded yet: `promptgan compare text-gumbel`.\n")
    else:
        parts.append(_explanations())
    if failures := _failures(entries):
        parts.append(failures)
    FOLDER.mkdir(exist_ok=True)
    for path, text in {**pictures, PAGE.name: "\n".join(parts)}.items():
        temporary = FOLDER / f"{path}.partial"
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(FOLDER / path)
    for old in FOLDER.glob("*.svg"):
        if old.name not in pictures:
            old.unlink()


def tables(entries: Iterable[Entry]) -> list[list[Entry]]:
    """The entries with finished runs, together where measured in the same way on the same data; best first."""
    groups: dict[tuple[str, ...], list[Entry]] = {}
    for entry in entries:
        if entry.trained:
            groups.setdefault((entry.data["title"], entry.data["content_sha256"], *signature(entry)), []).append(entry)
    return [sorted(groups[key], key=_rank) for key in sorted(groups)]


def signature(entry: Entry) -> list[str]:
    """How an entry's numbers were measured, in words that do not depend on the seed."""
    lines = next(iter(entry.trained.values())).signature
    return [re.sub(r"\bseed \d+", "the training seed", line) for line in lines]


def seeds(numbers: Sequence[int]) -> str:
    """Seeds in words: "seed 1", "seeds 1, 2"."""
    return f"seed{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"


def reference(group: Sequence[Entry]) -> Entry:
    """What the presets of a table, best first, are compared with: of those with the most seeds the best."""
    return max(group, key=lambda entry: len(entry.trained))


def _rank(entry: Entry) -> tuple[float, str]:
    found = scores(entry, "adversarial").get(RANKED_BY)
    return (-found.mean if found else 0.0, entry.recipe)


def _titles(groups: Sequence[Sequence[Entry]]) -> Iterator[str]:
    """A title for each table that no other has: by the data, else by its content, else by number."""
    data = [(group[0].data["title"], group[0].data["content_sha256"]) for group in groups]
    contents, ways = Counter(title for title, _ in set(data)), Counter(data)
    number = Counter[tuple[str, str]]()
    for title, sha256 in data:
        number[title, sha256] += 1
        content = f" (sha256 {sha256[:SHORT]})" if contents[title] > 1 else ""
        way = f", way of measuring {number[title, sha256]}" if ways[title, sha256] > 1 else ""
        yield f"{title}{content}{way}"


def _section(title: str, group: list[Entry], quality: str, difference: str | None) -> Iterator[str]:
    yield f"## {title}\n"
    yield f"sha256 of its content: `{group[0].data['content_sha256']}`\n"
    yield "### Ranking\n"
    yield RANKING
    yield from _ranking(group)
    yield ""
    yield from (f"- {_state(entry, reference(group))}" for entry in group)
    if len(group) > 1:
        yield "\n### Preset against preset\n"
        yield BETWEEN.format(reference=reference(group).recipe)
        yield from _between(group)
    yield "\n### Adversarial against its twin and control\n"
    yield DIFFERENCES
    yield from _against_rivals(group)
    if difference:
        yield f"\n![Adversarial minus twin and control, with 95 % intervals]({difference})"
    yield "\n### All systems\n"
    yield from _systems(group)
    yield f"\n![Quality against diversity over temperature, for every preset]({quality})\n"
    yield "### How it was measured\n"
    yield from (f"- {line}" for line in signature(group[0]))
    yield from _tokens(group)
    yield ""


def _ranking(group: list[Entry]) -> list[str]:
    table = {entry.recipe: scores(entry, "adversarial") for entry in group}
    real = scores(reference(group), "real")
    columns = [key for key in _ordered(key for row in table.values() for key in row) if key != "temperature"]
    columns.sort(key=lambda key: key != RANKED_BY)
    models = [(str(rank), f"`{entry.recipe}`", entry, table[entry.recipe]) for rank, entry in enumerate(group, 1)]
    rows = [
        [rank, name, str(len(entry.trained)), *(_number(row, key) for key in columns)]
        for rank, name, entry, row in [*models, ("", "real text", reference(group), real)]
    ]
    return _markdown(["rank", "preset", "seeds", *map(_titled, columns)], rows)


def _between(group: list[Entry]) -> list[str]:
    first = reference(group)
    others = [entry for entry in group if entry is not first]
    gaps = {entry.recipe: preset_differences(entry, first) for entry in others}
    columns = _ordered(key for row in gaps.values() for key in row)
    columns.sort(key=lambda key: key != RANKED_BY)
    rows = [
        [
            f"`{entry.recipe}`",
            ", ".join(map(str, shared_seeds(entry, first))) or "none",
            *(_difference(gaps[entry.recipe], key) for key in columns),
        ]
        for entry in others
    ]
    return _markdown([f"minus `{first.recipe}`", "seeds of both", *map(_titled, columns)], rows)


def _against_rivals(group: list[Entry]) -> list[str]:
    gaps = {entry.recipe: {rival: differences(entry, rival) for rival in RIVALS} for entry in group}
    open_ended = {entry.recipe for entry in group if unconverged(entry)}
    columns = _ordered(key for rivals in gaps.values() for row in rivals.values() for key in row)
    rows = [
        [
            f"`{recipe}`" if not number else "",
            f"− {title}",
            *(_difference(rivals[rival], key, verdict=recipe not in open_ended) for key in columns),
        ]
        for recipe, rivals in gaps.items()
        for number, (rival, title) in enumerate(RIVALS.items())
    ]
    return _markdown(["preset", "adversarial", *map(_titled, columns)], rows)


def _systems(group: list[Entry]) -> list[str]:
    table = {entry.recipe: {system: scores(entry, system) for system in SYSTEMS} for entry in group}
    columns = _ordered(key for systems in table.values() for row in systems.values() for key in row)
    rows = [
        [f"`{recipe}`" if system == "real" else "", title, *(_number(systems[system], key) for key in columns)]
        for recipe, systems in table.items()
        for system, title in SYSTEMS.items()
    ]
    return _markdown(["preset", "system", *map(_titled, columns)], rows)


def _state(entry: Entry, other: Entry) -> str:
    runs = entry.trained.values()
    where = ", ".join(sorted({f"torch {run.torch} on {run.device}" for run in runs}))
    alone = "" if len(runs) > 1 else "one seed, no interval: "
    text = f"`{entry.recipe}`: {alone}{seeds(sorted(entry.trained))}; {where}"
    if still := unconverged(entry):
        text += f"; no verdict: the twin had not converged with {seeds(still)}"
    if entry.made and other.made:
        mine, theirs = (dict(flat(made.parameters)) for made in (entry.made, other.made))
        if found := [f"{key} {shown(key, mine)} instead of {shown(key, theirs)}" for key in unequal(mine, theirs)]:
            text += f"; unlike `{other.recipe}`: {some_of(found)}"
        both = entry.made.inputs.keys() & other.made.inputs.keys()
        if changed := [path for path in unequal(entry.made.inputs, other.made.inputs) if path in both]:
            text += f"; **run with other versions than `{other.recipe}`** of {some_of(changed)}"
    return text


def _tokens(group: list[Entry]) -> list[str]:
    tokens = {run.outputs.get(TOKENS) for entry in group for run in entry.trained.values()}
    same = len(tokens) == 1
    return (
        [] if same else ["- nll, lm and reverse_lm count tokens, and these presets do not all cut text into the same"]
    )


def _explanations() -> str:
    columns = (f"- **{_titled(name)}**: {text}\n" for name, (_, text) in EXPLANATIONS.items())
    return f"## What the columns say\n\n{DIRECTIONS}.\n\n{''.join(columns)}"


def _failures(entries: Sequence[Entry]) -> str:
    failed = [
        f"`{entry.recipe}`, seed {seed}:\n\n" + "".join(f"    {line}\n" for line in lines)
        for entry in entries
        for seed, lines in sorted(entry.failed.items())
    ]
    return "\n".join(["## Failed\n", *failed]) if failed else ""


def _ordered(keys: Iterable[str]) -> list[str]:
    """Gaps at equal diversity, then what belongs to a system, then the metrics in the order of their explanations."""
    order = [*EXPLANATIONS]

    def place(key: str) -> tuple[bool, int, str]:
        return (not key.startswith(EQUAL), order.index(key) if key in order else len(order), key)

    return sorted(dict.fromkeys(keys), key=place)


def _titled(key: str) -> str:
    name = key.removeprefix(EQUAL)
    title = f"{name} {EXPLANATIONS.get(name, ('', ''))[0]}".strip()
    return title if name == key else f"{title} *at equal Self-BLEU-4*"


def _number(row: dict[str, Estimate], key: str) -> str:
    if key not in row:
        return "–"
    found = row[key]
    if key == "temperature":
        return f"{found.mean:.2f}"
    return f"{found.mean:.4f}" + ("" if found.half_width is None else f" ± {found.half_width:.4f}")


def _difference(row: dict[str, Estimate], key: str, verdict: bool = True) -> str:
    if key not in row:
        return "–"
    found = row[key]
    text = f"{found.mean:+.4f}" + ("" if found.half_width is None else f" ± {found.half_width:.4f}")
    return f"**{text}**" if verdict and found.excludes_zero else text


def _markdown(header: list[str], rows: list[list[str]]) -> list[str]:
    words = {"rank", "preset", "system", "adversarial", "seeds of both"}
    ruler = ["---" if title in words or title.startswith("minus ") else "---:" for title in header]
    lines = [header, ruler, *rows]
    return [f"| {' | '.join(cells)} |" for cells in lines]
