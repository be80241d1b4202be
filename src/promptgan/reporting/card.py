"""The model card, in the format of the Hugging Face Hub."""

from typing import Any

from promptgan.core.choices import choose
from promptgan.ratings.kept import SCALE
from promptgan.reporting import findings
from promptgan.reporting.contents import Contents
from promptgan.reporting.headline import headline, sentences
from promptgan.reporting.page import templates
from promptgan.reporting.probes import ALPHA
from promptgan.terms.metrics import DIRECTIONS
from promptgan.terms.systems import MODELS, SYSTEMS


def card(contents: Contents) -> str:
    """The text of README.md: metadata as YAML front matter, then the card."""
    evaluation = contents.metrics["evaluation"]
    chosen = next(name for name in reversed(MODELS) if name not in contents.reasons)
    task = choose("promptgan.tasks", contents.task, "task", "page")
    return (
        templates()
        .get_template("README.md")
        .render(
            metadata=_metadata(contents, chosen, task.PIPELINE_TAG),
            contents=contents,
            chosen=chosen,
            folder=MODELS[chosen],
            task=task,
            opinion=contents.opinion,
            scale=SCALE,
            alpha=ALPHA,
            use=task.card(contents.samples, f"models/{MODELS[chosen]}"),
            shown=[system for system in SYSTEMS if system.name in contents.columns],
            sentences=sentences(task, contents.metrics["control"]),
            directions=DIRECTIONS,
            evaluation=evaluation,
            warnings=findings.warnings(contents.metrics["train"]),
            headline=headline(contents.measures.metrics, contents.columns, evaluation["standard_errors"]),
            network=contents.indices[chosen]["networks"][getattr(task, "NETWORK", "generator")],
            example=contents.indices[chosen]["example"],
        )
    )


def _metadata(contents: Contents, chosen: str, tag: str) -> str:
    from huggingface_hub import EvalResult, ModelCardData

    title, values = contents.provenance["title"], contents.systems[chosen]
    origins = [origin for origin in (contents.provenance, contents.corpus, contents.base) if origin]
    shared: dict[str, Any] = {
        "task_type": tag,
        "dataset_name": title,
        "dataset_type": "custom",
        "dataset_split": "test",
    }
    results = [EvalResult(**shared, metric_type=name, metric_value=value) for name, value in values.items()]
    return str(
        ModelCardData(
            model_name=f"promptgan {chosen}",
            # Weights learnt from what has a licence in doubt are not offered under ours.
            license="apache-2.0" if all(origin["licence"]["certainty"] == "sure" for origin in origins) else "other",
            library_name="promptgan",
            pipeline_tag=tag,
            tags=["generative-adversarial-network"],
            eval_results=results,
        ).to_yaml()
    )
