"""DVC stage `train`: the adversarial phase."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1] / "src")  # this checkout, never an installed copy

from typing import Annotated, Any

import typer

from promptgan.core.choices import choose, chosen_section
from promptgan.core.compute import Compute, prepare
from promptgan.core.errors import clean_errors
from promptgan.core.files import write_csv, write_json
from promptgan.core.parameters import PARAMS_FILE, StageParameters
from promptgan.core.record import describe_run


class Params(StageParameters):
    """The sections this stage reads."""

    task: str
    form: str
    seed: int
    compute: Compute
    generator: dict[str, Any]
    discriminator: dict[str, Any]
    encoder: dict[str, Any]
    train: dict[str, Any]


def main(
    params: Annotated[Path, typer.Option(help="Parameter file.")] = PARAMS_FILE,
    tokens: Annotated[Path, typer.Option(help="Arrays of the splits.")] = Path("data/tokens"),
    pretrained: Annotated[Path, typer.Option(help="The twin to start from.")] = Path("models/pretrained"),
    out: Annotated[Path, typer.Option(help="Where the model folder goes.")] = Path("models/adversarial"),
    metrics: Annotated[Path, typer.Option(help="Where the headline numbers go.")] = Path("metrics/train.json"),
    curve: Annotated[Path, typer.Option(help="Where the training curve goes.")] = Path("plots/train.csv"),
) -> None:
    """Train the generator against a discriminator.

    The folder's networks are those of the best validation; where a moving average follows one, NAME.safetensors is the
    average and NAME_raw.safetensors the network itself. A run that is killed goes on from its last checkpoint, and ends
    with the same bytes as one that was not.
    """
    with clean_errors():
        settings = Params.read(params)
        parameters = chosen_section("promptgan.training.methods", "train", settings.train, "method")
        objective = choose("promptgan.objectives", parameters.objective, "train.objective")
        penalty = choose("promptgan.penalties", parameters.penalty, "train.penalty")
        device = prepare(settings.compute, settings.seed)

        from promptgan.networks import folder
        from promptgan.training import absent
        from promptgan.training.loop.checkpoint import Checkpoint
        from promptgan.training.loop.run import run as train
        from promptgan.training.setting import Setting

        form = choose("promptgan.forms", settings.form, "form", "form")
        score = choose("promptgan.tasks", settings.task, "task", "score.score")
        run = describe_run("train", settings, [*form.files(tokens, "train", "val"), pretrained])
        if parameters.method == "none":
            absent.leave("the recipe has no adversarial training", run, out, metrics, curve)
            return
        twin = folder.read_index(pretrained)
        start = folder.load(pretrained, device).networks if twin["kind"] == "model" else {}
        val, example = form.split(tokens, "val"), form.example(tokens)
        sections = {
            "generator": settings.generator,
            "discriminator": settings.discriminator,
            "encoder": settings.encoder,
        }
        setting = Setting(
            form=settings.form,
            example=example,
            sections=sections,
            start=start,
            train=form.split(tokens, "train"),
            val=val,
            compute=settings.compute,
            seed=settings.seed,
            device=device,
            objective=objective,
            penalty=penalty,
            score=score.Score(val, example, start, parameters.validation_count, settings.compute, settings.seed),
        )
        chosen = choose("promptgan.training.methods", parameters.method, "train.method", "method")
        method, plan = chosen.build(setting, parameters)
        with Checkpoint("train", run) as checkpoint:
            outcome = train(method, plan, checkpoint)
            best = next(row for row in outcome.history if row["step"] == outcome.best_step)
            validated = {name: round(best[name], 6) for name in outcome.history[0] if name != "step"}
            summary = {
                "steps": outcome.steps,
                "best_step": outcome.best_step,
                "stopped": outcome.stopped,
                "start_score": round(outcome.history[0]["score"], 6),
                **validated,
            }
            described = folder.described(settings.task, settings.form, example)
            index = {**described, "flops": outcome.flops, "ema": parameters.ema, **summary}
            if method.drawing:
                index["drawing"] = method.drawing
            networks = {**outcome.networks, **{f"{name}_raw": method.networks[name] for name in method.averaged}}
            folder.save(out, networks, sections, index, {**form.needed(tokens), **method.files})
            write_json(out / "run.json", run)
            write_csv(curve, outcome.history)
            write_json(metrics, summary)
        print(f"stopped by {outcome.stopped} at step {outcome.steps}; best: {outcome.best:.4f} at {outcome.best_step}")


if __name__ == "__main__":
    typer.run(main)
