"""The page: one HTML file that needs nothing else, the same for the same inputs."""

import json
from collections.abc import Iterator
from types import ModuleType

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from promptgan.core.choices import choose
from promptgan.core.flat import flat
from promptgan.ratings.kept import SCALE
from promptgan.reporting import findings
from promptgan.reporting.contents import Contents
from promptgan.reporting.diagrams import KINDS
from promptgan.reporting.headline import further, headline, sentences
from promptgan.reporting.pictures import quality_over_diversity, training_curve
from promptgan.reporting.probes import ALPHA
from promptgan.terms.metrics import DIRECTIONS
from promptgan.terms.systems import SYSTEMS

SPLITS = {
    "excluded": "left out before anything else, by data/excluded.csv",
    "read": "read from the data set; each is in quarantine or in one of the splits below",
    "train": "what the models learn from",
    "val": "what chooses among steps and settings; some of it is the real data of the tables",
    "test": "what all numbers are measured on; no model sees it",
    "judge": "what the judge that measures learns from; no model sees it",
}
"""What the records of each kind are for."""


def templates(*packages: str) -> Environment:
    """The environment that templates are rendered in; HTML is escaped.

    Args:
        packages: whose folder `templates` is looked into too; `shell.html` here is what their pages extend.
    """
    return Environment(
        loader=ChoiceLoader([PackageLoader(package) for package in ("promptgan.reporting", *packages)]),
        autoescape=lambda name: bool(name) and str(name).endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def page(contents: Contents) -> str:
    """The HTML of index.html."""
    evaluation = contents.metrics["evaluation"]
    task = choose("promptgan.tasks", contents.task, "task", "page")
    return (
        templates()
        .get_template("index.html")
        .render(
            contents=contents,
            evaluation=evaluation,
            headline=headline(contents.measures.metrics, contents.columns, evaluation["standard_errors"]),
            further=further(contents.measures.further, contents.columns, contents.plots["curves"]),
            task=task,
            opinion=contents.opinion,
            scale=SCALE,
            alpha=ALPHA,
            samples=Markup(task.markup(contents.samples)),
            shown=[system for system in SYSTEMS if system.name in contents.columns],
            sentences=sentences(task, contents.metrics["control"]),
            leading=getattr(task, "LEADING", 0),
            directions=DIRECTIONS,
            splits=SPLITS,
            warnings=findings.warnings(contents.metrics["train"]),
            pictures=[*_measured(contents, task), *_logged(contents)],
            parameters={
                section: [(key, json.dumps(leaf, ensure_ascii=False)) for key, leaf in flat(value)]
                for section, value in contents.parameters.items()
            },
        )
    )


def _measured(contents: Contents, task: ModuleType) -> Iterator[dict[str, str]]:
    """The diagrams that the task asks for; where it asks for none, each quality over diversity."""
    measures, curves = contents.measures, contents.plots["curves"]
    if hasattr(task, "diagrams"):
        for place, (kind, caption, data) in enumerate(task.diagrams(contents.metrics["evaluation"], curves)):
            yield {"svg": KINDS[kind](*data, f"{kind}-{place}"), "caption": caption}
    elif measures.diversity:
        across = measures[measures.diversity]
        for quality in (measures[name] for name in measures.qualities if any(row.get(name) for row in curves)):
            caption = (
                f"{quality.title} over {across.title}: each point is a set of samples, the star is real data. A better"
                " model's whole line lies nearer to it, not one point of it."
            )
            yield {"svg": quality_over_diversity(curves, quality, across), "caption": caption}


def _logged(contents: Contents) -> Iterator[dict[str, str]]:
    logs = [
        ("pretrain", {"train_loss": "training", "val_loss": "validation"}, "nats", "Likelihood training."),
        ("train", {"score": "score on validation"}, "score", "Adversarial training: what chooses the step."),
        ("train", {"accuracy": "real or generated"}, "accuracy",
         "How often the discriminator ranks the real one higher; 0.5 is guessing."),
    ]  # fmt: skip
    for name, columns, label, caption in logs:
        rows = contents.plots.get(name, [])
        drawn = {column: title for column, title in columns.items() if any(row.get(column) for row in rows)}
        if drawn:
            yield {"svg": training_curve(rows, drawn, label), "caption": caption}
