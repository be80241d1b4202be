"""results/README.md and its pictures: recorded presets beside their twins, controls and real text, over seeds."""

import re
from collections.abc import Iterable, Sequence

from promptgan.experiments import leaderboard_pictures
from promptgan.experiments.entry import FOLDER, Entry
from promptgan.experiments.scores import EQUAL, RIVALS, Estimate, differences, scores
from promptgan.experiments.summary import SYSTEMS
from promptgan.reporting.explanations import EXPLANATIONS

PAGE = FOLDER / "README.md"
RANKED_BY = "ms_jaccard"
SHOWN_DIFFERENCES = 4
"""Of what an entry no longer matches; the others are counted."""

HEAD = """# Leaderboard

Every preset that `promptgan compare` has run, measured on test. A number is the mean over training seeds, and ± is half
its 95 % interval by Student's t over these seeds, so it says how far another seed would move it; one seed has no
interval. The likelihood twin and the control are trained anew with every seed. Real text is what a perfect generator
would score. Presets stand in the order of the adversarial model's MS-Jaccard.

`promptgan compare` writes this page; `promptgan compare --check` says which entries no longer match the code, data or
parameters.
"""
DIFFERENCES = """Differences are taken within a seed, then averaged. **Bold**: the 95 % interval excludes zero; nothing
is corrected for the number of comparisons. *At equal Self-BLEU-4*: read off the curves over temperature where the two
answer equally varied; the other columns compare the two at the temperature that each does best at on validation.
"""


def write() -> None:
    """Write the page and its pictures for what is recorded, and remove pictures of what no longer is.

    The same entries and files give the same bytes.

    Raises:
        EntryUnreadable: a file of results/ is not what `promptgan compare` writes.
    """
    entries = Entry.all()
    parts, pictures = [HEAD], {}
    for number, group in enumerate(tables(entries), 1):
        name = group[0].made.parameters["data"]["name"] if group[0].made else ""
        name = re.sub(r"\W+", "-", f"{name}-{number}" if f"quality-{name}.svg" in pictures else name)
        drawn = {
            f"quality-{name}.svg": leaderboard_pictures.quality_over_diversity(group),
            f"differences-{name}.svg": leaderboard_pictures.differences_to_rivals(group),
        }
        pictures.update(drawn)
        parts.append(_section(group, *drawn))
    if not pictures:
        parts.append("Nothing is recorded yet: `promptgan compare text-gumbel`.\n")
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


def _rank(entry: Entry) -> tuple[float, str]:
    found = scores(entry, "adversarial").get(RANKED_BY)
    return (-found.mean if found else 0.0, entry.recipe)


def _section(group: list[Entry], quality: str, difference: str) -> str:
    entry = group[0]
    table = {entry.recipe: {system: scores(entry, system) for system in SYSTEMS} for entry in group}
    columns = _ordered(key for systems in table.values() for row in systems.values() for key in row)
    rows = [
        [f"`{recipe}`" if system == "real" else "", title, *(_number(systems[system], key) for key in columns)]
        for recipe, systems in table.items()
        for system, title in SYSTEMS.items()
    ]
    gaps = {entry.recipe: {rival: differences(entry, rival) for rival in RIVALS} for entry in group}
    gap_columns = _ordered(key for rivals in gaps.values() for row in rivals.values() for key in row)
    gap_rows = [
        [f"`{recipe}`" if not number else "", f"− {title}", *(_difference(rivals[rival], key) for key in gap_columns)]
        for recipe, rivals in gaps.items()
        for number, (rival, title) in enumerate(RIVALS.items())
    ]
    return "\n".join(
        [
            f"## {entry.data['title']}\n",
            f"sha256 of its content: `{entry.data['content_sha256']}`\n",
            *(f"- {_state(entry)}" for entry in group),
            "",
            *_markdown(["preset", "system", *map(_titled, columns)], rows),
            "",
            f"![Quality against diversity over temperature, for every preset]({quality})\n",
            "### Adversarial minus its rivals\n",
            DIFFERENCES,
            *_markdown(["preset", "adversarial", *map(_titled, gap_columns)], gap_rows),
            "",
            f"![Adversarial minus twin and control, with 95 % intervals]({difference})\n",
            "How it was measured:\n",
            *(f"- {line}" for line in signature(entry)),
            *_tokens(group),
            "",
        ]
    )


def _state(entry: Entry) -> str:
    runs = entry.trained.values()
    seeds = ", ".join(str(seed) for seed in sorted(entry.trained))
    where = ", ".join(sorted({f"torch {run.torch} on {run.device}" for run in runs}))
    text = f"`{entry.recipe}`: {'seeds' if len(runs) > 1 else 'one seed, no interval: seed'} {seeds}; {where}"
    still = [
        seed
        for seed, run in sorted(entry.trained.items())
        if not run.metrics.get("pretrain", {}).get("converged", True)
    ]
    if still:
        text += f"; the twin had not converged with seed {', '.join(map(str, still))}"
    if found := entry.differences():
        more = f" and {len(found) - SHOWN_DIFFERENCES} more" if len(found) > SHOWN_DIFFERENCES else ""
        text += f"; **no longer matches**: {'; '.join(found[:SHOWN_DIFFERENCES])}{more}"
    return text


def _tokens(group: list[Entry]) -> list[str]:
    tokens = {run.outputs.get("data/tokens") for entry in group for run in entry.trained.values()}
    same = len(tokens) == 1
    return (
        [] if same else ["- nll, lm and reverse_lm count tokens, and these presets do not all cut text into the same"]
    )


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


def _difference(row: dict[str, Estimate], key: str) -> str:
    if key not in row:
        return "–"
    found = row[key]
    text = f"{found.mean:+.4f}" + ("" if found.half_width is None else f" ± {found.half_width:.4f}")
    return f"**{text}**" if found.excludes_zero else text


def _markdown(header: list[str], rows: list[list[str]]) -> list[str]:
    lines = [header, ["---", "---", *["---:"] * (len(header) - 2)], *rows]
    return [f"| {' | '.join(cells)} |" for cells in lines]
