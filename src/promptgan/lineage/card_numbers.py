"""Whether the numbers of a released model card are those of the metrics beside it; its words are not compared."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from promptgan.reporting import explanations
from promptgan.reporting.contents import MODELS

EVALUATION, VALIDATION, JUDGES = "evaluation", "validation", "judges"
ACCURACY = re.compile(r"(\d+%) of cases")


def differing(card: str, system: str, metrics: Mapping[str, Any]) -> Iterator[str]:
    """What the card says otherwise than the metrics, or leaves out, a clause each.

    Args:
        card: its text.
        system: the released one, such as `adversarial`.
        metrics: the content of metrics/STAGE.json by stage; nothing is compared with one that is not there.
    """
    tables = {row[0].strip("`"): row[1:] for row in _rows(card)}
    if evaluation := metrics.get(EVALUATION):
        yield from _front_matter(card, evaluation["text"].get(system))
        yield from _headline(tables, evaluation)
        lines = set(card.splitlines())
        for sentence in evaluation["verdict"]:
            if f"- {sentence}" not in lines:
                yield f"its verdict lacks '{sentence}'"
    for name, count in metrics.get(VALIDATION, {}).get("rows", {}).items():
        if name in tables and tables[name] != [str(count)]:
            yield f"its rows of {name} are {' '.join(tables[name])}, not {count}"
    if JUDGES in metrics:
        accuracy = f"{metrics[JUDGES]['matcher']['accuracy']:.0%}"
        said = [share for share in ACCURACY.findall(card) if share != accuracy]
        yield from (f"its matcher is right in {share}, not {accuracy}" for share in said)


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
    systems = {name: evaluation["text"][name] for name in ("real", *MODELS) if name in evaluation["text"]}
    header = tables.get("number", [])
    for row in explanations.headline(systems, evaluation["standard_errors"]):
        cells = dict(zip(header, tables.get(row["name"], []), strict=False))
        for name, cell in zip(systems, row["cells"], strict=True):
            expected = " ".join(filter(None, (cell["value"], cell["spread"])))
            found = cells.get(explanations.title(name), "missing")
            if found != expected:
                yield f"its {row['name']} of {explanations.title(name)} is {found}, not {expected}"


def _rows(card: str) -> Iterator[list[str]]:
    """The cells of each row of each table."""
    for line in card.splitlines():
        if line.startswith("|") and line.rstrip().endswith("|"):
            yield [cell.strip() for cell in line.strip().strip("|").split("|")]
