"""What a label is worth to each arm: classifiers trained on few of the labels, several draws of them."""

import copy
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from promptgan.core.choices import choose
from promptgan.core.compute import Compute
from promptgan.core.parameters import validate_section
from promptgan.core.progress import Progress
from promptgan.forms.tokens import form
from promptgan.networks import folder
from promptgan.networks.tokens.classifier.network import Encoder
from promptgan.networks.tokens.classifier.targets import labelled
from promptgan.networks.tokens.classifier.told import told
from promptgan.tasks.classification.measures.classification import confusion, scores
from promptgan.tasks.classification.measures.parameters import FewLabels
from promptgan.tasks.classification.samples.samples import AUTOENCODER, GENERATORS
from promptgan.terms.systems import ADVERSARIAL, TWIN
from promptgan.training.loop.run import Outcome
from promptgan.training.methods.classifier.arm import trained
from promptgan.training.methods.classifier.mixture import Pool
from promptgan.training.methods.classifier.parameters import Parameters, Unaugmented, Unperturbed
from promptgan.training.setting import Setting

Integers = npt.NDArray[np.int64]
AUGMENTED, SCRATCH = "augmented", "from scratch"
"""Arms beside the twin, the adversarial one and that of the autoencoder: texts changed at random, and fresh weights
where the twin's have read unlabelled texts."""


@dataclass(frozen=True)
class Point:
    """An arm on one draw of the labels, measured on test."""

    arm: str
    labels: int
    draw: int
    accuracy: float
    macro_f1: float
    flops: int
    """Floating-point operations of its training; what trained a generator is not among them."""


class Arms:
    """Trains every arm of a run on given labels; of the recipe it reads what the model folders say.

    An arm has the networks, the batch and the learning rate of the run, as many steps as are asked for, and no
    validation: whoever has few labels has none to spare.

    Args:
        tokens: folder of the arrays.
        models: holds the model folders.
        parameters: of the curves.
        seed: of the run.
        device: where it runs.
    """

    def __init__(self, tokens: Path, models: Path, parameters: FewLabels, seed: int, device: torch.device) -> None:
        self.p, self.seed, self.device = parameters, seed, device
        self.example = form.example(tokens)
        self.train, self.val, self.test = (form.split(tokens, name) for name in ("train", "val", "test"))
        self.texts, self.labels = labelled(self.train, self.example)
        loaded = folder.load(models / "pretrained", device)
        self.start = loaded.networks["encoder_start"]
        self.sections = {"encoder": loaded.index["networks"]["encoder"]["section"]}
        ran = _parameters(models / "pretrained")
        self.compute = validate_section(Compute, ran["compute"], "compute")
        plain = self._section(ran["pretrain"], perturbation=Unperturbed(kind="none"))
        self.arms: dict[str, Parameters] = {
            TWIN.name: plain,
            AUGMENTED: plain.model_copy(update={"augmentation": parameters.augmentation}),
        }
        masked = ran["pretrain"]["masked"]
        if masked and masked["epochs"]:
            self.arms[SCRATCH] = plain
        self.drawing: dict[str, Any] = {}
        self.generators: dict[str, nn.Module] = {}
        self.shares = (0.0, 0.0)
        if folder.read_index(models / "adversarial")["kind"] != "none":
            train = _parameters(models / "adversarial")["train"]
            self.arms[ADVERSARIAL.name] = self._section(train)
            if "drawing" in train:
                self.drawing, self.shares = train["drawing"], (train["share"], train["share_end"])
                written = folder.load(models / "adversarial", device, [*GENERATORS])
                self.generators = {arm: written.networks[name] for name, arm in GENERATORS.items()}
                network = written.index["networks"]["generator"]["section"]["network"]
                self.writing: Any = choose("promptgan.networks.tokens", network, "generator.network", "drawing")
                self.arms = {TWIN.name: plain, AUTOENCODER: self.arms[ADVERSARIAL.name], **self.arms}

    def measured(self) -> list[Point]:
        """Every arm, at every number of labels, of every draw."""
        texts, true = labelled(self.test, self.example)
        points = []
        sizes = [size for size in self.p.labels if size <= len(self.labels)]
        with Progress("few labels", self.p.draws * len(sizes) * len(self.arms)) as progress:
            for draw in range(self.p.draws):
                order = np.random.default_rng([self.seed, draw]).permutation(len(self.labels))
                for size in sizes:
                    twin: Encoder | None = None
                    for arm in self.arms:
                        outcome = self._trained(arm, np.sort(order[:size]), draw, twin)
                        encoder = cast("Encoder", outcome.networks["encoder"])
                        twin = encoder if arm == TWIN.name else twin
                        predicted = told(encoder, texts, self.example.eos).argmax(1)
                        found = scores(confusion(true, predicted, encoder.labels).astype(float))
                        measured = float(found["accuracy"]), float(found["macro_f1"]), outcome.flops
                        points.append(Point(arm, size, draw, *measured))
                        progress.advance()
        return points

    def _trained(self, arm: str, chosen: Integers, draw: int, twin: Encoder | None) -> Outcome:
        start = self.start
        if arm == SCRATCH:
            torch.manual_seed(self.seed + draw)
            start = folder.build("tokens", "encoder", self.sections["encoder"], self.example).to(self.device)
        setting = Setting(
            form="tokens",
            example=self.example,
            sections=self.sections,
            start={name: copy.deepcopy(start) for name in ("encoder", "encoder_start")},
            train=self.train,
            val=self.val,
            compute=self.compute,
            seed=self.seed + draw,
            device=self.device,
        )
        pool = self._pool(arm, chosen, draw, twin) if arm in self.generators else None
        return trained(setting, self.arms[arm], chosen, "evaluate", pool, self.shares)

    def _pool(self, arm: str, chosen: Integers, draw: int, twin: Any) -> Pool:
        """What a generator writes of the known labels, and the twin on the same labels lets pass."""
        drawing, d, known = self.writing, self.drawing, [self.texts[i] for i in chosen]
        made = drawing.drawn(
            self.generators[arm],
            known,
            self.labels[chosen],
            self.p.each,
            d["spread"],
            d["temperature"],
            self.seed + draw,
        )
        probabilities = told(twin, made.texts, self.example.eos)
        said = drawing.judged(made, [*known, *self.texts], probabilities, d["agreement"], d["near"])
        pool = Pool()
        pool.fill(made.texts, made.labels.tolist(), [reason == drawing.KEPT for reason in said])
        return pool

    def _section(self, section: dict[str, Any], **changes: Any) -> Parameters:
        fields = {name: section[name] for name in Parameters.model_fields if name in section}
        fields |= {"method": "classifier", "objective": "none", "penalty": "none", "masked": None}
        fields |= {"steps": self.p.steps, "validate_every": self.p.steps, "checkpoint_every": self.p.steps}
        checked = validate_section(Parameters, fields, "train")
        warmup = min(checked.warmup, self.p.steps // 10)
        plain = {"augmentation": Unaugmented(kind="none")} if changes else {}
        fixed = {"patience": None, "validation_count": 10, "warmup": warmup}
        return checked.model_copy(update={**fixed, **plain, **changes})


def _parameters(model: Path) -> dict[str, Any]:
    """Sections of params.yaml, as the stage wrote them down that made the folder."""
    found: dict[str, Any] = json.loads((model / "run.json").read_text(encoding="utf-8"))["parameters"]
    return found
