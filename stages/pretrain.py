"""DVC stage `pretrain`: the likelihood twin."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1] / "src")  # this checkout, never an installed copy

from typing import Annotated, Any

import typer

from promptgan.core.choices import choose, chosen_section
from promptgan.core.compute import Compute, prepare
from promptgan.core.corpus import Corpus
from promptgan.core.errors import clean_errors
from promptgan.core.files import write_csv, write_json
from promptgan.core.parameters import PARAMS_FILE, StageParameters, validate_section
from promptgan.core.record import describe_run


class Params(StageParameters):
    """The sections this stage reads."""

    task: str
    form: str
    seed: int
    compute: Compute
    corpus: dict[str, Any]
    generator: dict[str, Any]
    encoder: dict[str, Any]
    pretrain: dict[str, Any]


def main(
    params: Annotated[Path, typer.Option(help="Parameter file.")] = PARAMS_FILE,
    tokens: Annotated[Path, typer.Option(help="Arrays of the splits.")] = Path("data/tokens"),
    out: Annotated[Path, typer.Option(help="Where the model folder goes.")] = Path("models/pretrained"),
    metrics: Annotated[Path, typer.Option(help="Where the headline numbers go.")] = Path("metrics/pretrain.json"),
    curve: Annotated[Path, typer.Option(help="Where the training curve goes.")] = Path("plots/pretrain.csv"),
) -> None:
    """Train the generator by likelihood until validation stops improving; on a corpus first, where the recipe has one.

    A run that is killed goes on from its last checkpoint, and ends with the same bytes as one that was not.
    """
    with clean_errors():
        settings = Params.read(params)
        parameters = chosen_section("promptgan.training.methods", "pretrain", settings.pretrain, "method")
        corpus = validate_section(Corpus, settings.corpus, "corpus")
        device = prepare(settings.compute, settings.seed)

        from promptgan.networks import folder
        from promptgan.training import absent
        from promptgan.training.loop.checkpoint import Checkpoint
        from promptgan.training.loop.run import run as train
        from promptgan.training.setting import Setting

        form = choose("promptgan.forms", settings.form, "form", "form")
        splits = ["train", "val"] if corpus.name == "none" else ["train", "val", "corpus"]
        run = describe_run("pretrain", settings, form.files(tokens, *splits))
        if parameters.method == "none":
            absent.leave("the recipe trains nothing by likelihood", run, out, metrics, curve)
            return
        sections = {"generator": settings.generator, "encoder": settings.encoder}
        setting = Setting(
            form=settings.form,
            example=form.example(tokens),
            sections=sections,
            start={},
            train=form.split(tokens, "train"),
            val=form.split(tokens, "val"),
            compute=settings.compute,
            seed=settings.seed,
            device=device,
            corpus=None if corpus.epochs is None else (form.split(tokens, "corpus"), corpus.epochs),
        )
        chosen = choose("promptgan.training.methods", parameters.method, "pretrain.method", "method")
        method, plan = chosen.build(setting, parameters)
        with Checkpoint("pretrain", run) as checkpoint:
            outcome = train(method, plan, checkpoint)
            summary = {
                "val_loss": round(outcome.best, 6),
                "steps": outcome.steps,
                "converged": outcome.stopped == "converged",
                **({"corpus_tokens": int(outcome.history[-1]["corpus_tokens"])} if corpus.epochs else {}),
                "weights": sum(w.numel() for network in outcome.networks.values() for w in network.parameters()),
            }
            described = folder.described(settings.task, settings.form, setting.example)
            index = {**described, "learning_rate": outcome.history[-1].get("rate"), **summary}
            folder.save(out, outcome.networks, sections, index, {**form.needed(tokens), **method.files})
            write_json(out / "run.json", run)
            write_csv(curve, outcome.history)
            write_json(metrics, summary)
        ended = "converged" if summary["converged"] else "still improving at the limit"
        print(f"validation loss {outcome.best:.4f} nats after {outcome.steps} steps ({ended})")


if __name__ == "__main__":
    typer.run(main)
