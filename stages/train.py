"""DVC stage `train`: the adversarial phase."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1] / "src")  # this checkout, never an installed copy

from typing import Annotated, Any

import typer

from promptgan import base
from promptgan.compute import Compute, prepare
from promptgan.record import describe_run


class Params(base.StageParameters):
    """The sections this stage reads."""

    seed: int
    compute: Compute
    discriminator: dict[str, Any]
    train: dict[str, Any]


def main(
    params: Annotated[Path, typer.Option(help="Parameter file.")] = base.PARAMS_FILE,
    tokens: Annotated[Path, typer.Option(help="Tokenized splits.")] = Path("data/tokens"),
    pretrained: Annotated[Path, typer.Option(help="The twin to start from.")] = Path("models/pretrained"),
    out: Annotated[Path, typer.Option(help="Where the model folder goes.")] = Path("models/adversarial"),
    metrics: Annotated[Path, typer.Option(help="Where the headline numbers go.")] = Path("metrics/train.json"),
    curve: Annotated[Path, typer.Option(help="Where the training curve goes.")] = Path("plots/train.csv"),
) -> None:
    """Train the generator against a discriminator of (prompt, text) pairs.

    The folder's model.safetensors is the moving average of the generator at its best validation; generator.safetensors
    and discriminator.safetensors are the two players at that step. A run that is killed goes on from its last
    checkpoint, and ends with the same bytes as one that was not.
    """
    with base.clean_errors():
        settings = Params.read(params)
        method = base.choose("promptgan.training.adversarial", settings.train.get("method"), "train.method")
        parameters = base.validated(method.Parameters, settings.train, "train")
        objective = base.choose("promptgan.objectives.adversarial", parameters.objective, "train.objective")
        device = prepare(settings.compute, settings.seed)

        from promptgan.forms.tokens.pairs import Pairs
        from promptgan.networks import folder
        from promptgan.networks.tokens.convolutional import network as judges
        from promptgan.training.loop.checkpoint import Checkpoint

        shape = base.validated(judges.Parameters, settings.discriminator, "discriminator")
        twin = folder.load(pretrained, device)
        discriminator = judges.Discriminator(shape, twin.model.embedding.weight).to(device)
        run = describe_run("train", settings, [tokens / "train.arrow", tokens / "val.arrow", pretrained])
        with Checkpoint("train", run) as checkpoint:
            outcome, flops = method.fit(
                twin.model,
                discriminator,
                Pairs(tokens / "train.arrow"),
                Pairs(tokens / "val.arrow"),
                parameters,
                objective,
                twin.config["max_tokens"],
                settings.compute,
                settings.seed,
                checkpoint,
            )
            best = next(row for row in outcome.history if row["step"] == outcome.best_step)
            summary = {
                "steps": outcome.steps,
                "best_step": outcome.best_step,
                "stopped": outcome.stopped,
                "score": round(outcome.best, 6),
                "twin_score": round(outcome.history[0]["score"], 6),
                **{name: round(best[name], 6) for name in ("kl", "entropy", "duplicates", "val_nll")},
            }
            kept = {name: twin.config[name] for name in ("model", "vocabulary", "max_tokens")}
            config = {
                **kept,
                "discriminator": settings.discriminator,
                "flops": flops,
                "ema": parameters.ema,
                **summary,
            }
            folder.save(out, outcome.networks["generator"], config, pretrained / folder.TOKENIZER)
            folder.save_weights(out / "generator.safetensors", twin.model)
            folder.save_weights(out / "discriminator.safetensors", discriminator)
            base.write_json(out / "run.json", run)
            base.write_csv(curve, outcome.history)
            base.write_json(metrics, summary)
        print(f"stopped by {outcome.stopped} at step {outcome.steps}; best: {outcome.best:.4f} at {outcome.best_step}")


if __name__ == "__main__":
    typer.run(main)
