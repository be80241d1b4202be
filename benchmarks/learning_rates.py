"""What each rule for the learning rate makes of the same classifier in the same number of steps.

Needs the `params.yaml` of a recipe of the task `classification` and the `data/tokens` of its run; of another recipe it
says so. Of every training the best validation is kept, as the stage keeps it. Prints JSON: macro F1 and NLL of test
texts by rule and learning rate, mean over seeds with the standard deviation beside it, and the step of the best
validation. Two threads.
"""

import json
import sys
from pathlib import Path
from statistics import fmean, stdev
from typing import Annotated, Any, cast

sys.path[0] = str(Path(__file__).resolve().parents[1] / "src")

import numpy as np
import typer

from promptgan.core.compute import Compute, prepare
from promptgan.core.parameters import PARAMS_FILE, load_params, validate_section
from promptgan.core.progress import Progress
from promptgan.forms.tokens import form
from promptgan.networks.tokens.classifier.network import Encoder
from promptgan.networks.tokens.classifier.targets import labelled
from promptgan.networks.tokens.classifier.told import told
from promptgan.tasks.classification.measures.classification import confusion, scores
from promptgan.training.methods.classifier.arm import trained
from promptgan.training.methods.classifier.parameters import Parameters
from promptgan.training.setting import Setting

TOKENS = Path("data/tokens")
RATES = [0.001, 0.003]
RULES: dict[str, dict[str, Any]] = {
    "constant": {"kind": "constant"},
    "1/sqrt(t)": {"kind": "inverse_sqrt"},
    "cosine": {"kind": "cosine", "floor": 0.05},
    "plateau": {"kind": "plateau", "min_gain": 0.0, "cut": 0.5, "cuts": 4},
}


def main(
    rates: Annotated[list[float], typer.Option("--rate", help="Learning rates, each tried with every rule.")] = RATES,
    seeds: Annotated[int, typer.Option(help="Trainings of each.")] = 3,
) -> None:
    """Print how right the classifier is, by rule and learning rate."""
    values = load_params(PARAMS_FILE)
    if values["task"] != "classification":
        print(json.dumps({"left_out": "the run here is of no classifier; `make use RECIPE=label-gru` is one"}))
        return
    compute = validate_section(Compute, values["compute"], "compute")
    example = form.example(TOKENS)
    train, val, test = (form.split(TOKENS, name) for name in ("train", "val", "test"))
    texts, true = labelled(test, example)
    everything = np.arange(len(labelled(train, example)[1]))
    result = []
    with Progress("learning rates", len(RULES) * len(rates) * seeds) as progress:
        for rule, section in RULES.items():
            for learning_rate in rates:
                rows = []
                for seed in range(1, seeds + 1):
                    changes = {"rate": section, "learning_rate": learning_rate}
                    parameters = validate_section(Parameters, values["pretrain"] | changes, "pretrain")
                    setting = Setting(
                        form="tokens",
                        example=example,
                        sections={"encoder": values["encoder"]},
                        start={},
                        train=train,
                        val=val,
                        compute=compute,
                        seed=seed,
                        device=prepare(compute, seed),
                    )
                    outcome = trained(setting, parameters, everything, "pretrain")
                    encoder = cast("Encoder", outcome.networks["encoder"])
                    probabilities = told(encoder, texts, example.eos)
                    matrix = confusion(true, probabilities.argmax(1), encoder.labels).astype(float)
                    right = np.take_along_axis(probabilities, true[:, None], 1)
                    best = min(outcome.history, key=lambda row: row["val_loss"])
                    rows.append((float(scores(matrix)["macro_f1"]), float(-np.log(right).mean()), int(best["step"])))
                    progress.advance()
                f1, nll, step = zip(*rows, strict=True)
                result.append({
                    "rule": rule,
                    "learning_rate": learning_rate,
                    "macro_f1": round(fmean(f1), 4),
                    "macro_f1_sd": round(stdev(f1), 4) if seeds > 1 else None,
                    "nll": round(fmean(nll), 4),
                    "best_step": round(fmean(step)),
                })  # fmt: skip
    print(json.dumps({"steps": values["pretrain"]["steps"], "seeds": seeds, "rules": result}, indent=2))


if __name__ == "__main__":
    typer.run(main)
