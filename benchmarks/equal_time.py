"""How near to test images two GANs come in the same CPU time: a recipe's, and the DCGAN loop of a tutorial.

The tutorial's is the plain loop of `images.py`, with its networks at the side that the images have. Both learn from the
same images on one thread, by turns of some seconds, so that what else the machine does slows both. At every mark 2,000
images of each, and of the training split, are measured by the kernel distance to the test images, in the features of
the run's judge and of EfficientNet-lite0. Needs `data/tokens` and `models/judges` of a run of a GAN of images without
conditions, and its `params.yaml`: `make use RECIPE=fashion-dcgan && dvc repro judges`. Prints JSON.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, cast

sys.path[:1] = [str(Path(__file__).resolve().parents[1] / "src"), str(Path(__file__).resolve().parent)]

import images as tutorial
import numpy as np
import torch
import typer
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from promptgan.core.choices import choose, chosen_section
from promptgan.core.compute import Compute, prepare
from promptgan.core.parameters import load_params
from promptgan.core.progress import Progress
from promptgan.forms.tensors import form
from promptgan.forms.tensors.drawing import draw, noise
from promptgan.forms.tensors.roles import TensorGenerator
from promptgan.forms.tensors.tensors import to_bytes
from promptgan.tasks.image.judges import classifier
from promptgan.tasks.image.measures import efficientnet
from promptgan.tasks.image.measures.kernel import KernelTo
from promptgan.training.methods.gan.method import GAN
from promptgan.training.setting import Setting

TOKENS, JUDGES = Path("data/tokens"), Path("models/judges")
TURN, COUNT, SEED = 10, 2000, 1


@dataclass
class Player:
    """One of the two: what a step does, how images are drawn from latent vectors, and what it has spent."""

    step: Callable[[], object]
    drawn: Callable[[], Tensor]
    seconds: float = 0.0
    steps: int = 0

    def learn(self, until: float) -> None:
        """Take steps up to so many CPU seconds in all."""
        while self.seconds < until:
            start = time.process_time()
            self.step()
            self.seconds += time.process_time() - start
            self.steps += 1


def main(
    limit: Annotated[int, typer.Option(help="CPU seconds of each.")] = 240,
    marks: Annotated[int, typer.Option(help="How often both are measured on the way.")] = 3,
) -> None:
    """Print the kernel distances of both at every mark."""
    params = load_params()
    if params["task"] != "image" or params["train"]["method"] != "gan" or not JUDGES.is_dir():
        print(json.dumps({"left_out": "the run here is of no GAN of images; `make use RECIPE=fashion-dcgan` is one"}))
        return
    device = prepare(tutorial.FLOAT32, SEED)
    train, test = form.split(TOKENS, "train"), form.split(TOKENS, "test")
    players = {"tutorial": lesson(train), "promptgan": recipe(params, tutorial.FLOAT32, device)}
    eyes: dict[str, Callable[[Tensor], Any]] = {
        "judge": partial(_judged, classifier.load(JUDGES)),
        "efficientnet": efficientnet.load(device),
    }
    chosen = np.arange(len(test))[: 2 * COUNT]
    to = {name: KernelTo(eye(test.stored(chosen))) for name, eye in eyes.items()}
    real = train.stored(np.arange(COUNT))
    found: dict[str, Any] = {"real": {name: _distance(to[name], eye(real)) for name, eye in eyes.items()}}
    with Progress("turns", limit // TURN) as progress:
        for turn in range(1, limit // TURN + 1):
            for player in players.values():
                player.learn(turn * TURN)
            progress.advance()
            if turn * marks % (limit // TURN):
                continue
            for who, player in players.items():
                images = player.drawn()
                row = {name: _distance(to[name], eye(images)) for name, eye in eyes.items()}
                found[f"{who} after {turn * TURN} s"] = {"steps": player.steps, **row}
    print(json.dumps(found, indent=2))


def lesson(train: Any) -> Player:
    """The tutorial's loop and networks, at the side of the images."""
    side = train.images.shape[-1]
    case = tutorial.Case(side, partial(tutorial.convolutional, side=side), None, 1)
    networks = case.players()
    way = tutorial.plain(case, train.images[:, 0], networks)

    def drawn() -> Tensor:
        generator = networks[0].eval()
        with torch.no_grad():
            parts = [torch.tanh(generator(z)) for z in torch.split(noise(SEED, COUNT, tutorial.LATENT), 256)]
        generator.train()
        return to_bytes(torch.cat(parts))

    return Player(way.step, drawn)


def recipe(params: dict[str, Any], compute: Compute, device: torch.device) -> Player:
    """The recipe's networks and method, and the moving average of its generator."""
    parameters = chosen_section("promptgan.training.methods", "train", params["train"], "method")
    setting = Setting(
        form=params["form"],
        example=form.example(TOKENS),
        sections={role: params[role] for role in ("generator", "discriminator", "encoder")},
        start={},
        train=form.split(TOKENS, "train"),
        val=form.split(TOKENS, "val"),
        compute=compute,
        seed=SEED,
        device=device,
        objective=choose("promptgan.objectives", parameters.objective, "train.objective"),
        penalty=choose("promptgan.penalties", parameters.penalty, "train.penalty"),
    )
    method = GAN(setting, parameters)
    average = AveragedModel(method.generator, multi_avg_fn=get_ema_multi_avg_fn(parameters.ema))  # type: ignore[no-untyped-call]
    counter = iter(range(10**9))

    def step() -> None:
        method.step(next(counter))
        average.update_parameters(method.generator)

    drawing = cast("TensorGenerator", average.module.eval())
    return Player(step, lambda: draw(drawing, noise(SEED, COUNT, drawing.latent)))


def _judged(judge: classifier.Classifier, images: Tensor) -> Any:
    return classifier.seen(judge, images)[0]


def _distance(to: KernelTo, features: Any) -> float:
    return round(float(to(features)[0]), 4)


if __name__ == "__main__":
    typer.run(main)
