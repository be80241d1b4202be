"""DVC stage `control`: the twin after further likelihood training for what the adversarial phase cost."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1] / "src")  # this checkout, never an installed copy

from typing import Annotated, Any

import typer

from promptgan.core.choices import choose, chosen_section
from promptgan.core.compute import Compute, prepare
from promptgan.core.errors import clean_errors
from promptgan.core.files import write_json
from promptgan.core.parameters import PARAMS_FILE, StageParameters
from promptgan.core.record import describe_run


class Params(StageParameters):
    """The sections this stage reads."""

    task: str
    form: str
    seed: int
    compute: Compute
    generator: dict[str, Any]
    encoder: dict[str, Any]
    pretrain: dict[str, Any]


def main(
    params: Annotated[Path, typer.Option(help="Parameter file.")] = PARAMS_FILE,
    tokens: Annotated[Path, typer.Option(help="Arrays of the splits.")] = Path("data/tokens"),
    pretrained: Annotated[Path, typer.Option(help="The twin to start from.")] = Path("models/pretrained"),
    adversarial: Annotated[Path, typer.Option(help="The model whose cost is matched.")] = Path("models/adversarial"),
    out: Annotated[Path, typer.Option(help="Where the model folder goes.")] = Path("models/control"),
    metrics: Annotated[Path, typer.Option(help="Where the headline numbers go.")] = Path("metrics/control.json"),
) -> None:
    """Train the twin further by likelihood, for as much arithmetic as the adversarial phase took.

    It goes on at the learning rate at which the twin ended, unchanged, and gets the same moving average of weights. It
    ends before where ten validations in a row were no better, and says what share of that arithmetic it took.
    """
    with clean_errors():
        settings = Params.read(params)
        parameters = chosen_section("promptgan.training.methods", "pretrain", settings.pretrain, "method")
        device = prepare(settings.compute, settings.seed)

        from promptgan.networks import folder
        from promptgan.training import absent
        from promptgan.training.loop.checkpoint import Checkpoint
        from promptgan.training.loop.run import run as train
        from promptgan.training.setting import Setting

        form = choose("promptgan.forms", settings.form, "form", "form")
        inputs = [*form.files(tokens, "train", "val"), pretrained, adversarial / folder.INDEX]
        run = describe_run("control", settings, inputs)
        twin, matched = folder.read_index(pretrained), folder.read_index(adversarial)
        for index, missing in ((twin, "likelihood twin to go on from"), (matched, "adversarial training to match")):
            if index["kind"] == "none":
                absent.leave(f"there is no {missing}: {index['reason']}", run, out, metrics)
                return
        sections = {"generator": settings.generator, "encoder": settings.encoder}
        setting = Setting(
            form=settings.form,
            example=form.example(tokens),
            sections=sections,
            start=folder.load(pretrained, device).networks,
            train=form.split(tokens, "train"),
            val=form.split(tokens, "val"),
            compute=settings.compute,
            seed=settings.seed,
            device=device,
        )
        chosen = choose("promptgan.training.methods", parameters.method, "pretrain.method", "method")
        method, plan = chosen.onward(setting, parameters, twin["learning_rate"], matched["flops"], matched["ema"])
        with Checkpoint("control", run) as checkpoint:
            outcome = train(method, plan, checkpoint)
            summary = {
                "val_loss": round(outcome.best, 6),
                "steps": outcome.steps,
                "cost_of_adversarial": round(outcome.flops / matched["flops"], 4),
            }
            described = folder.described(settings.task, settings.form, setting.example)
            folder.save(out, outcome.networks, sections, {**described, **summary}, form.needed(tokens))
            write_json(out / "run.json", run)
            write_json(metrics, summary)
        print(f"validation loss {outcome.best:.4f} nats after {outcome.steps} further steps")


if __name__ == "__main__":
    typer.run(main)
