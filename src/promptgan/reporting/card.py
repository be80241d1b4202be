"""The model card, in the format of the Hugging Face Hub."""

import shlex
from typing import Any

from promptgan.reporting import explanations, findings
from promptgan.reporting.contents import MODELS, Contents
from promptgan.reporting.page import templates


def card(contents: Contents) -> str:
    """The text of README.md: metadata as YAML front matter, then the card."""
    evaluation = contents.metrics["evaluation"]
    chosen = "twin" if "adversarial" in contents.reasons else "adversarial"
    return (
        templates()
        .get_template("README.md")
        .render(
            metadata=_metadata(contents, chosen),
            contents=contents,
            chosen=chosen,
            folder=MODELS[chosen],
            prompt=shlex.quote(" ".join(contents.answers[0]["prompt"].split()) if contents.answers else "PROMPT"),
            explanations=explanations,
            evaluation=evaluation,
            warnings=findings.warnings(contents.metrics["train"]),
            headline=explanations.headline(contents.systems, evaluation["standard_errors"]),
            config=contents.configs[chosen],
        )
    )


def _metadata(contents: Contents, chosen: str) -> str:
    from huggingface_hub import EvalResult, ModelCardData

    title, values = contents.provenance["title"], contents.systems[chosen]
    shared: dict[str, Any] = {
        "task_type": "text-generation",
        "dataset_name": title,
        "dataset_type": "custom",
        "dataset_split": "test",
    }
    results = [EvalResult(**shared, metric_type=name, metric_value=value) for name, value in values.items()]
    return str(
        ModelCardData(
            model_name=f"promptgan {chosen}",
            # Weights learnt from data whose licence is in doubt are not offered under ours.
            license="apache-2.0" if contents.provenance["licence"]["certainty"] == "sure" else "other",
            library_name="promptgan",
            pipeline_tag="text-generation",
            tags=["generative-adversarial-network", "conditional-text-generation"],
            eval_results=results,
        ).to_yaml()
    )
