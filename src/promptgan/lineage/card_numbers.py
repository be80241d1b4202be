"""Whether the numbers of a released model card are those of the metrics beside it; its words are not compared."""

from collections.abc import Iterator, Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from promptgan.core.choices import choose
from promptgan.reporting.headline import headline
from promptgan.terms.metrics import declared
from promptgan.terms.systems import SYSTEMS

EVALUATION, VALIDATION, JUDGES = "evaluation", "validation", "judges"


def differing(card: str, system: str, metrics: Mapping[str, Any]) -> Iterator[str]:
    """What the card says otherwise than the metrics, or leaves out, a clause each.

    Args:
        card: its text.
        system: the released one, such as `adversarial`.
        metrics: the content of metrics/STAGE.json by stage; nothing is compared with one that is not there.
    """
    tables = {row[0].strip("`"): row[1:] for row in _rows(card)}
    if evaluation := metrics.get(EVALUATION):
        yield from _front_matter(card, evaluation["systems"].get(system))
        yield from _headline(tables, evaluation)
        lines = set(card.splitlines())
        for sentence in evaluation["verdict"]:
            if f"- {sentence}" not in lines:
                yield f"its verdict lacks '{sentence}'"
    for name, count in metrics.get(VALIDATION, {}).get("rows", {}).items():
        if name in tables and tables[name] != [str(count)]:
            yield f"its rows of {name} are {' '.join(tables[name])}, not {count}"
    if JUDGES in metrics and EVALUATION in metrics:
        task = choose("promptgan.tasks", metrics.get(EVALUATION, {}).get("task"), "task", "page")
        for sentence in task.caveats(metrics[JUDGES]):
            if f"- {sentence}" not in card.splitlines():
                yield f"its limitations lack '{sentence}'"


def _front_matter(card: str, expected: Any) -> Iterator[str]:
    if not isinstance(expected, dict):  # a sentence, where the recipe has no such system
        return
    try:
        document = YAML(typ="safe", pure=True).load(card.split("---")[1])
        results = [result for model in document["model-index"] for result in model["results"]]
        found = {metric["type"]: metric["value"] for result in results for metric in result["metrics"]}
    except (YAMLError, IndexError, TypeError, KeyError):
        yield "its front matter has no results"
        return
    for name in [*expected, *(name for name in found if name not in expected)]:
        if found.get(name) != expected.get(name):
            yield f"its front matter has {name} {found.get(name)}, not {expected.get(name)}"


def _headline(tables: dict[str, list[str]], evaluation: Any) -> Iterator[str]:
    shown = [system for system in SYSTEMS if system.name in evaluation["systems"]]
    systems = {system.name: evaluation["systems"][system.name] for system in shown}
    header = tables.get("number", [])
    for row in headline(declared(evaluation["task"]), systems, evaluation["standard_errors"]):
        cells = dict(zip(header, tables.get(row["name"], []), strict=False))
        for system, cell in zip(shown, row["cells"], strict=True):
            expected = " ".join(filter(None, (cell["value"], cell["spread"])))
            found = cells.get(system.title, "missing")
            if found != expected:
                yield f"its {row['name']} of {system.title} is {found}, not {expected}"


def _rows(card: str) -> Iterator[list[str]]:
    """The cells of each row of each table."""
    for line in card.splitlines():
        if line.startswith("|") and line.rstrip().endswith("|"):
            yield [cell.strip() for cell in line.strip().strip("|").split("|")]
