"""DVC stage `judges`: what evaluation measures with, fitted on a split that no generator sees."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1] / "src")  # this checkout's code, never an installed one

import json
from typing import Annotated, Any

import typer

from promptgan import base
from promptgan.compute import Compute, prepare
from promptgan.record import describe_run


class Params(base.StageParameters):
    """The sections this stage reads."""

    seed: int
    modality: str
    compute: Compute
    judges: dict[str, Any]


def main(
    params: Annotated[Path, typer.Option(help="Parameter file.")] = base.PARAMS_FILE,
    tokens: Annotated[Path, typer.Option(help="Tokenized splits.")] = Path("data/tokens"),
    out: Annotated[Path, typer.Option(help="Where the matcher goes.")] = Path("models/judges"),
    metrics: Annotated[Path, typer.Option(help="Where the headline numbers go.")] = Path("metrics/judges.json"),
) -> None:
    """Fit the matcher that tells the true text of a prompt from another's, on the judge split alone."""
    with base.clean_errors():
        settings = Params.read(params)
        module = base.choose("promptgan.judges", settings.modality, "modality")
        parameters = base.validated(module.Parameters, settings.judges, "judges")
        device = prepare(settings.compute, settings.seed)

        from promptgan.forms.tokens.pairs import Pairs
        from promptgan.tasks.text.judges import dual_encoder
        from promptgan.training.loop.checkpoint import Checkpoint

        judge = tokens / "judge.arrow"
        run = describe_run("judges", settings, [judge, tokens / "meta.json"])
        vocabulary = json.loads((tokens / "meta.json").read_text(encoding="utf-8"))["vocabulary"]
        with Checkpoint("judges", run) as checkpoint:
            fitted = module.fit(Pairs(judge), vocabulary, parameters, settings.seed, device, checkpoint)
            dual_encoder.save(out, fitted.matcher, fitted.metrics)
            base.write_json(out / "run.json", run)
            base.write_json(metrics, fitted.metrics)
        ours, simple = fitted.metrics["matcher"], fitted.metrics["tf_idf"]
        print(
            f"matcher: accuracy {ours['accuracy']:.3f}, MRR {ours['mrr']:.3f};"
            f" TF-IDF: {simple['accuracy']:.3f}, {simple['mrr']:.3f}"
        )


if __name__ == "__main__":
    typer.run(main)
