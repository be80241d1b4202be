"""The page: one HTML file that needs nothing else, the same for the same inputs."""

import json
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from promptgan.reporting import explanations, findings
from promptgan.reporting.contents import MODELS, Contents
from promptgan.reporting.pictures import quality_over_diversity, training_curve

PICTURES = {"bleu_4": "BLEU-4 (do word sequences look real?)", "relevance": "Relevance (0.5 fits any prompt)"}

SPLITS = {
    "excluded": "left out before anything else, by data/excluded.csv",
    "read": "read from the data set; each is in quarantine or in one of the splits below",
    "train": "what the generators learn from",
    "val": "what chooses the step of training and the temperature; some of it is the real text of the tables",
    "test": "what all numbers are measured on; no model sees it",
    "judge": "what the matcher behind relevance learns from; no generator sees it",
}
"""What the records of each kind are for."""


def templates() -> Environment:
    """The environment that both templates are rendered in; HTML is escaped."""
    return Environment(
        loader=PackageLoader("promptgan.reporting", "templates"),
        autoescape=lambda name: bool(name) and str(name).endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def page(contents: Contents) -> str:
    """The HTML of index.html."""
    evaluation = contents.metrics["evaluation"]
    return (
        templates()
        .get_template("index.html")
        .render(
            contents=contents,
            evaluation=evaluation,
            headline=explanations.headline(contents.systems, evaluation["standard_errors"]),
            explanations=explanations,
            splits=SPLITS,
            warnings=findings.warnings(contents.metrics["train"]),
            models=[name for name in MODELS if name not in contents.reasons],
            pictures=_pictures(contents),
            parameters={section: _flat(value) for section, value in contents.parameters.items()},
        )
    )


def _pictures(contents: Contents) -> list[dict[str, str]]:
    pictures = [
        {
            "svg": quality_over_diversity(contents.plots["curves"], quality, label),
            "caption": f"{label.split(' (')[0]} over Self-BLEU-4: each point is a temperature (written beside those"
            " of the adversarial model), the star is real text. A better model's whole line lies higher, not one point"
            " of it.",
        }
        for quality, label in PICTURES.items()
    ]
    logs = [
        ("pretrain", {"train_nll": "training", "val_nll": "validation"}, "nats per token", "Likelihood training."),
        ("train", {"score": "MS-Jaccard on validation"}, "MS-Jaccard", "Adversarial training: what chooses the step."),
        ("train", {"accuracy": "real or generated", "accuracy_wrong_prompt": "right or wrong prompt"}, "accuracy",
         "The discriminator's accuracy in adversarial training; 0.5 is guessing."),
    ]  # fmt: skip
    for name, columns, label, caption in logs:
        rows = contents.plots.get(name, [])
        shown = {column: title for column, title in columns.items() if any(row.get(column) for row in rows)}
        if shown:
            pictures.append({"svg": training_curve(rows, shown, label), "caption": caption})
    return pictures


def _flat(value: Any, prefix: str = "") -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [pair for key, item in value.items() for pair in _flat(item, f"{prefix}.{key}" if prefix else key)]
    return [(prefix, json.dumps(value, ensure_ascii=False))]
