"""DVC stage `control`: the twin after further likelihood training for what the adversarial phase cost."""

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
    pretrain: dict[str, Any]


def main(
    params: Annotated[Path, typer.Option(help="Parameter file.")] = base.PARAMS_FILE,
    tokens: Annotated[Path, typer.Option(help="Tokenized splits.")] = Path("data/tokens"),
    pretrained: Annotated[Path, typer.Option(help="The twin to start from.")] = Path("models/pretrained"),
    adversarial: Annotated[Path, typer.Option(help="The model whose cost is matched.")] = Path("models/adversarial"),
    out: Annotated[Path, typer.Option(help="Where the model folder goes.")] = Path("models/control"),
    metrics: Annotated[Path, typer.Option(help="Where the headline numbers go.")] = Path("metrics/control.json"),
) -> None:
    """Train the twin further by maximum likelihood, for as much arithmetic as the adversarial phase took.

    It goes on at the learning rate at which the twin ended, and gets the same moving average of weights.
    """
    with base.clean_errors():
        settings = Params.read(params)
        method = base.choose("promptgan.training.pretraining", settings.pretrain.get("method"), "pretrain.method")
        parameters = base.validated(method.Parameters, settings.pretrain, "pretrain")
        device = prepare(settings.compute, settings.seed)

        from promptgan.forms.tokens.pairs import Pairs
        from promptgan.networks import folder
        from promptgan.training.loop.checkpoint import Checkpoint

        twin = folder.load(pretrained, device)
        cost = folder.read_config(adversarial)
        inputs = [tokens / "train.arrow", tokens / "val.arrow", pretrained, adversarial / folder.CONFIG]
        run = describe_run("control", settings, inputs)
        with Checkpoint("control", run) as checkpoint:
            train, val = Pairs(tokens / "train.arrow"), Pairs(tokens / "val.arrow")
            steps = method.steps_for(cost["flops"], twin.model, train, parameters.batch)
            onward = parameters.model_copy(update={"learning_rate": twin.config["learning_rate"]})
            outcome = method.fit(
                twin.model, train, val, onward, settings.compute, settings.seed, checkpoint, steps, cost["ema"]
            )
            summary = {"val_nll": round(outcome.best, 6), "steps": outcome.steps, "steps_allowed": steps}
            kept = {name: twin.config[name] for name in ("model", "vocabulary", "max_tokens")}
            folder.save(out, outcome.networks["generator"], {**kept, **summary}, pretrained / folder.TOKENIZER)
            base.write_json(out / "run.json", run)
            base.write_json(metrics, summary)
        print(f"validation NLL {outcome.best:.4f} nats per token after {outcome.steps} of {steps} further steps")


if __name__ == "__main__":
    typer.run(main)
