"""Training GANs of images: promptgan's `gan` against the loops that tutorials show and a bare fast loop, in one run.

Two tutorials, with their networks, batches of 64 and Adam (0.0002; 0.5, 0.999), on pseudo-random bytes of 28 x 28:
fully connected (100-128-256-512-1024-784 against 784-512-256-1), and convolutional at 32 pixels (128 channels at 8 x 8,
doubled twice by nearest neighbours and 3 x 3 convolutions, against four convolutions of stride 2 with dropout). The
plain loop reads PIL images through a DataLoader, has probabilities and BCELoss, and reads its losses in every step. The
bare loop keeps bytes in memory and logits, draws once a step, freezes the critic where the generator learns, has a
fused optimiser and channels last, and reads nothing. One thread; CPU milliseconds a step, medians of interleaved
rounds; the peak is that of a product of 1024 x 1024 matrices, the best of the same rounds. Needs nothing but the
package; prints JSON.
"""

import json
import shutil
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, repeat
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1] / "src")

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, conv_transpose2d, pad
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import Compose, Normalize, Resize, ToTensor

from promptgan.core.choices import choose
from promptgan.core.compute import Compute, autocast, bfloat16_instructions, prepare
from promptgan.core.files import write_json
from promptgan.core.parameters import validate_section
from promptgan.forms.tensors import form
from promptgan.forms.tensors.roles import TensorDiscriminator, TensorGenerator
from promptgan.forms.tensors.tensors import scaled
from promptgan.training.loop.cost import counted
from promptgan.training.methods.gan.method import GAN
from promptgan.training.methods.gan.parameters import Parameters
from promptgan.training.setting import Setting

LATENT, BATCH, IMAGES, PIXELS, ROUNDS = 100, 64, 4096, 28, 7
LEARNING_RATE, BETAS = 2e-4, (0.5, 0.999)
FLOAT32 = Compute(device="cpu", threads=1, precision="float32")
BFLOAT16 = Compute(device="cpu", threads=1, precision="bfloat16")
Players = tuple[nn.Sequential, nn.Sequential]
"""A generator up to its tanh, and a discriminator up to its logits (N, 1)."""


class Clock:
    """CPU seconds by part of a step."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)

    def timed(self, part: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """The same work, whose time is added to that of the part."""

        def run(*args: Any, **kwargs: Any) -> Any:
            start = time.process_time()
            result = work(*args, **kwargs)
            self.spent[part] += time.process_time() - start
            return result

        return run


@dataclass
class Way:
    """A way of training, and what its rounds took."""

    step: Callable[[], object]
    clock: Clock
    rounds: list[dict[str, float]] = field(default_factory=list)
    """CPU milliseconds a step, by part."""

    def run(self, steps: int) -> None:
        """One round."""
        self.clock.spent.clear()
        work = self.clock.timed("step", self.step)
        for _ in range(steps):
            work()
        self.rounds.append({part: seconds / steps * 1000 for part, seconds in self.clock.spent.items()})


class Folded(nn.Conv2d):
    """A 3 x 3 convolution of an image doubled by nearest neighbours, as one transposed convolution of stride 2.

    Each pixel of the small image meets the sums of the taps that would have met its copies: 16 of them instead of
    36. The weights are those of the convolution, and so is the function, up to rounding.
    """

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, D, 2H, 2W)."""
        taps = pad(self.weight.flip(2, 3), (1, 1, 1, 1))
        rows = taps[:, :, :-1] + taps[:, :, 1:]
        kernel = (rows[..., :-1] + rows[..., 1:]).transpose(0, 1)
        kernel = kernel.contiguous(memory_format=torch.channels_last)
        return conv_transpose2d(x, kernel, self.bias, stride=2, padding=1)


def upsampled(channels: int, features: int) -> nn.Module:
    """An image doubled, and convolved, as tutorials do it."""
    return nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(channels, features, 3, padding=1))


def folded(channels: int, features: int) -> nn.Module:
    """The same at less than half the price."""
    return Folded(channels, features, 3)


def fully_connected() -> Players:
    """What the first lesson shows."""

    def block(inputs: int, outputs: int, *normalisation: nn.Module) -> Iterator[nn.Module]:
        yield from (nn.Linear(inputs, outputs), *normalisation, nn.LeakyReLU(0.2, inplace=True))

    generator = nn.Sequential(
        *block(LATENT, 128),
        *(layer for w in (128, 256, 512) for layer in block(w, 2 * w, nn.BatchNorm1d(2 * w, 0.8))),
        nn.Linear(1024, PIXELS**2),
        nn.Unflatten(1, (1, PIXELS, PIXELS)),
    )
    return generator, nn.Sequential(nn.Flatten(), *block(PIXELS**2, 512), *block(512, 256), nn.Linear(256, 1))


def convolutional(doubled: Callable[[int, int], nn.Module] = upsampled, side: int = 32) -> Players:
    """What the second lesson shows, at 32 pixels, or at 28."""

    def halved(inputs: int, outputs: int, *normalisation: nn.Module) -> Iterator[nn.Module]:
        yield from (nn.Conv2d(inputs, outputs, 3, 2, 1), nn.LeakyReLU(0.2, inplace=True), nn.Dropout2d(0.25))
        yield from normalisation

    generator = nn.Sequential(
        nn.Linear(LATENT, 128 * (side // 4) ** 2),
        nn.Unflatten(1, (128, side // 4, side // 4)),
        nn.BatchNorm2d(128),
        *(doubled(128, 128), nn.BatchNorm2d(128, 0.8), nn.LeakyReLU(0.2, inplace=True)),
        *(doubled(128, 64), nn.BatchNorm2d(64, 0.8), nn.LeakyReLU(0.2, inplace=True)),
        nn.Conv2d(64, 1, 3, padding=1),
    )
    blocks = (layer for w in (16, 32, 64) for layer in halved(w, 2 * w, nn.BatchNorm2d(2 * w, 0.8)))
    return generator, nn.Sequential(*halved(1, 16), *blocks, nn.Flatten(), nn.Linear(128 * 2 * 2, 1))


@dataclass(frozen=True)
class Case:
    """A tutorial: pixels of an image's side, networks, their cheaper form if any, and steps in a round."""

    size: int
    players: Callable[[], Players]
    cheaper: Callable[[], Players] | None
    steps: int


CASES = {
    "fully connected": Case(PIXELS, fully_connected, None, 20),
    "convolutional": Case(32, convolutional, partial(convolutional, folded), 1),
}


def main() -> None:
    """Print the measurements of both set-ups."""
    prepare(FLOAT32, 1)
    with tempfile.TemporaryDirectory() as folder:
        found = {
            name: measured(case, Path(folder) / name, ROUNDS, case.steps, compiled=True) for name, case in CASES.items()
        }
    print(json.dumps(found, indent=2))


def measured(case: Case, tokens: Path, rounds: int, steps: int, compiled: bool) -> dict[str, Any]:
    """What each way takes, and its ratios to the plain and the bare loop; a split is left in the folder ``tokens``."""
    pictures = np.random.default_rng(1).integers(0, 256, (IMAGES, PIXELS, PIXELS), np.uint8)
    resize = Resize(case.size)
    resized = np.stack([np.asarray(resize(Image.fromarray(picture))) for picture in pictures])[:, None]
    tokens.mkdir()
    np.save(tokens / "train.images.npy", resized)
    np.save(tokens / "train.labels.npy", np.zeros(IMAGES, np.int64))
    write_json(tokens / form.META, {"condition": "none"})
    images = torch.from_numpy(resized)
    ways = {
        "plain": plain(case, pictures),
        "bare": bare(case.players(), images),
        "promptgan": ours(case.players(), tokens),
    }
    if case.cheaper:
        ways["bare, upsampling folded"] = bare(case.cheaper(), images)
        ways["promptgan, upsampling folded"] = ours(case.cheaper(), tokens)
    flops = {name: counted(way.step)[1] for name, way in ways.items()}
    left_out = {}
    if bfloat16_instructions():
        ways["bare, bfloat16"] = bare(case.players(), images, BFLOAT16)
    else:
        left_out["bare, bfloat16"] = "this CPU has no instructions for it"
    if not compiled or shutil.which("g++") is None:
        left_out["bare, compiled"] = "torch.compile needs a C++ compiler, g++" if compiled else "not asked for"
    else:
        way = bare(case.players(), images, compiled=True)
        try:
            way.step()
            ways["bare, compiled"] = way
        except Exception as error:  # of whatever kind: a compiler's troubles are a reason to leave it out
            left_out["bare, compiled"] = f"torch.compile failed: {type(error).__name__}"
    peak = 0.0
    for _ in range(rounds + 1):
        peak = max(peak, _peak())
        for way in ways.values():
            way.run(steps)
    medians = {
        name: {part: statistics.median(row[part] for row in way.rounds[1:]) for part in way.rounds[0]}
        for name, way in ways.items()
    }
    table = {name: _row(found, medians, flops.get(name), peak) for name, found in medians.items()}
    return {"peak_gflops": round(peak, 1), "ways": table, "left_out": left_out}


def _row(
    found: dict[str, float], medians: dict[str, dict[str, float]], flops: int | None, peak: float
) -> dict[str, float]:
    achieved = {}
    if flops is not None:
        speed = flops / found["step"] / 1e6
        achieved = {"gflop": round(flops / 1e9, 3), "gflops": round(speed, 1), "share_of_peak": round(speed / peak, 3)}
    return {
        "ms": round(found["step"], 2),
        "times_as_fast_as_plain": round(medians["plain"]["step"] / found["step"], 2),
        "times_bare": round(found["step"] / medians["bare"]["step"], 3),
        "data_share": round(found["data"] / found["step"], 4),
        "optimizer_share": round(found["optimizer"] / found["step"], 4),
        **achieved,
    }


def _peak() -> float:
    a = torch.randn(1024, 1024)
    start = time.process_time()
    for _ in range(5):
        a @ a
    return 5 * 2 * 1024**3 / (time.process_time() - start) / 1e9


class Pictures(Dataset[tuple[Tensor, int]]):
    """Images as a tutorial reads them: one by one, by way of PIL."""

    def __init__(self, pictures: Any, size: int) -> None:
        self.pictures = pictures
        self.transform = Compose([Resize(size), ToTensor(), Normalize([0.5], [0.5])])

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.transform(Image.fromarray(self.pictures[index])), 0


def plain(case: Case, pictures: Any, players: Players | None = None) -> Way:
    """The loop that a tutorial shows, with its networks, or with those of whoever wants to see them afterwards."""
    layers, logits = players or case.players()
    generator, discriminator = nn.Sequential(layers, nn.Tanh()), nn.Sequential(logits, nn.Sigmoid())
    loss = nn.BCELoss()
    optimizers = [torch.optim.Adam(n.parameters(), LEARNING_RATE, betas=BETAS) for n in (generator, discriminator)]
    loader = DataLoader(Pictures(pictures, case.size), BATCH, shuffle=True)
    batches = chain.from_iterable(repeat(loader))
    clock = Clock()
    batch = clock.timed("data", lambda: next(batches)[0])
    update_generator, update_discriminator = (clock.timed("optimizer", o.step) for o in optimizers)

    def step() -> tuple[float, float]:
        real = batch()
        valid, fake = torch.ones(len(real), 1), torch.zeros(len(real), 1)
        optimizers[0].zero_grad()
        drawn = generator(torch.randn(len(real), LATENT))
        generator_loss = loss(discriminator(drawn), valid)
        generator_loss.backward()
        update_generator()
        optimizers[1].zero_grad()
        discriminator_loss = (loss(discriminator(real), valid) + loss(discriminator(drawn.detach()), fake)) / 2
        discriminator_loss.backward()
        update_discriminator()
        return discriminator_loss.item(), generator_loss.item()

    return Way(step, clock)


def bare(players: Players, images: Tensor, compute: Compute = FLOAT32, compiled: bool = False) -> Way:
    """A loop without anything that the same step can go without."""
    generator, discriminator = (network.to(memory_format=torch.channels_last) for network in players)
    parameters = [*generator.parameters()], [*discriminator.parameters()]
    optimizers = [torch.optim.Adam(part, LEARNING_RATE, betas=BETAS, fused=True) for part in parameters]
    valid, fake = torch.ones(BATCH, 1), torch.zeros(BATCH, 1)
    if compiled:
        generator, discriminator = torch.compile(generator), torch.compile(discriminator)
    clock = Clock()
    batch = clock.timed("data", lambda: scaled(images[torch.randint(len(images), (BATCH,))]))
    update_generator, update_discriminator = (clock.timed("optimizer", o.step) for o in optimizers)

    def step() -> tuple[Tensor, Tensor]:
        with autocast(compute):
            drawn = torch.tanh(generator(torch.randn(BATCH, LATENT)))
            for parameter in parameters[1]:
                parameter.requires_grad_(False)
            generator_loss = binary_cross_entropy_with_logits(discriminator(drawn).float(), valid)
        generator_loss.backward()
        update_generator()
        optimizers[0].zero_grad()
        for parameter in parameters[1]:
            parameter.requires_grad_(True)
        with autocast(compute):
            logits = discriminator(batch()).float(), discriminator(drawn.detach()).float()
            discriminator_loss = binary_cross_entropy_with_logits(logits[0], valid)
            discriminator_loss = discriminator_loss + binary_cross_entropy_with_logits(logits[1], fake)
        discriminator_loss.backward()
        update_discriminator()
        optimizers[1].zero_grad()
        return discriminator_loss.detach(), generator_loss.detach()

    return Way(step, clock)


class Generator(TensorGenerator):
    """A tutorial's, as promptgan trains one."""

    def __init__(self, layers: nn.Module) -> None:
        super().__init__(LATENT, form.Example(1, 1, 1), LATENT)
        self.layers = layers

    def forward(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """See `TensorGenerator.forward`."""
        return torch.tanh(self.layers(z))


class Discriminator(TensorDiscriminator):
    """A tutorial's, as promptgan trains one."""

    def __init__(self, layers: nn.Module) -> None:
        super().__init__(form.Example(1, 1, 1), 1, "none")
        self.layers = layers

    def judged(self, x: Tensor, condition: Tensor | None = None) -> tuple[Tensor, None]:
        """See `TensorDiscriminator.judged`."""
        logits: Tensor = self.layers(x)
        return logits[:, 0], None


def ours(players: Players, tokens: Path) -> Way:
    """A unit of work of promptgan's method, on a split as the pipeline writes it."""
    split = form.split(tokens, "train")
    player = {"learning_rate": LEARNING_RATE, "betas": [*BETAS], "weight_decay": 0.0, "clip": None, "steps": 1}
    section = {
        "method": "gan", "start": "fresh", "objective": "non_saturating", "penalty": "none", "penalty_weight": 0.0,
        "clip_weights": None, "auxiliary_weight": 0.0, "augment": [],
        "steps": 1, "batch": BATCH, "players": {"generator": player, "discriminator": player}, "ema": 0.0,
        "validate_every": 1, "validation_count": 10, "patience": 1, "checkpoint_every": 1,
    }  # fmt: skip
    setting = Setting(
        form="tensors",
        example=form.Example(*split.images.shape[1:]),
        sections={},
        start={"generator": Generator(players[0]), "discriminator": Discriminator(players[1])},
        train=split,
        val=split,
        compute=FLOAT32,
        seed=1,
        device=torch.device("cpu"),
        objective=choose("promptgan.objectives", "non_saturating", "train.objective"),
    )
    method, clock = GAN(setting, validate_section(Parameters, section, "train")), Clock()
    for part, owner, name in (
        ("data", method.batches, "indices"),
        ("data", split, "batch"),
        *(("optimizer", player, "update") for player in method.players.values()),
    ):
        setattr(owner, name, clock.timed(part, getattr(owner, name)))
    counter = iter(range(10**6))
    return Way(lambda: method.step(next(counter)), clock)


if __name__ == "__main__":
    main()
