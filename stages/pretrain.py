"""DVC stage `pretrain`: the likelihood twin."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1] / "src")  # this checkout, never an installed copy

import json
from typing import Annotated, Any

import typer

from promptgan import base
from promptgan.compute import Compute, prepare
from promptgan.record import describe_run


class Params(base.StageParameters):
    """The sections this stage reads."""

    seed: int
    compute: Compute
    model: dict[str, Any]
    pretrain: dict[str, Any]


def main(
    params: Annotated[Path, typer.Option(help="Parameter file.")] = base.PARAMS_FILE,
    tokens: Annotated[Path, typer.Option(help="Tokenized splits.")] = Path("data/tokens"),
    out: Annotated[Path, typer.Option(help="Where the model folder goes.")] = Path("models/pretrained"),
    metrics: Annotated[Path, typer.Option(help="Where the headline numbers go.")] = Path("metrics/pretrain.json"),
    curve: Annotated[Path, typer.Option(help="Where the training curve goes.")] = Path("plots/pretrain.csv"),
) -> None:
    """Train the generator by maximum likelihood until validation stops improving.

    A run that is killed goes on from its last checkpoint, and ends with the same bytes as one that was not.
    """
    with base.clean_errors():
        settings = Params.read(params)
        method = base.choose("promptgan.training.pretraining", settings.pretrain.get("method"), "pretrain.method")
        parameters = base.validated(method.Parameters, settings.pretrain, "pretrain")
        device = prepare(settings.compute, settings.seed)

        from promptgan.forms.tokens.pairs import Pairs
        from promptgan.networks import folder
        from promptgan.training.loop.checkpoint import Checkpoint

        meta = json.loads((tokens / "meta.json").read_text(encoding="utf-8"))
        generator = folder.build(settings.model, meta["vocabulary"]).to(device)
        inputs = [tokens / name for name in ("meta.json", "tokenizer.json", "train.arrow", "val.arrow")]
        run = describe_run("pretrain", settings, inputs)
        with Checkpoint("pretrain", run) as checkpoint:
            train, val = Pairs(tokens / "train.arrow"), Pairs(tokens / "val.arrow")
            outcome = method.fit(generator, train, val, parameters, settings.compute, settings.seed, checkpoint)
            summary = {
                "val_nll": round(outcome.best, 6),
                "steps": outcome.steps,
                "converged": outcome.stopped == "converged",
                "weights": sum(w.numel() for w in generator.parameters()),
            }
            config = {
                "model": settings.model,
                "vocabulary": meta["vocabulary"],
                "max_tokens": meta["max_tokens"],
                "learning_rate": outcome.history[-1]["rate"],
                **summary,
            }
            folder.save(out, generator, config, tokens / "tokenizer.json")
            base.write_json(out / "run.json", run)
            base.write_csv(curve, outcome.history)
            base.write_json(metrics, summary)
        ended = "converged" if summary["converged"] else "still improving at the limit"
        print(f"validation NLL {outcome.best:.4f} nats per token after {outcome.steps} steps ({ended})")


if __name__ == "__main__":
    typer.run(main)
