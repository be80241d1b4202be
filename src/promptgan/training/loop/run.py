"""The only training loop: steps, cadence, moving averages, the best weights, guards, signals and the live curve."""

import copy
import math
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from promptgan.core.errors import PromptganError
from promptgan.core.progress import Progress
from promptgan.training.loop import live
from promptgan.training.loop.checkpoint import Checkpoint, random_state, set_random_state
from promptgan.training.loop.cost import counted
from promptgan.training.loop.method import Method, NotFinite, Row, Stateful, Value, totals

COUNT_EVERY = 10
"""Units of work, of which the second is counted for all: counting slows it by half."""


class NonFiniteTraining(PromptganError):
    """A loss or a gradient became infinite or no number."""

    def __init__(self, what: str, stage: str, step: int, remedy: str) -> None:
        super().__init__(f"{stage}: {what} is not finite at step {step}; the checkpoint before it is kept", remedy)


class NothingLearnt(PromptganError):
    """No validation beat that of the fresh weights: training diverged, or there was nothing to learn from."""

    def __init__(self, stage: str, score: str, history: list[Row], remedy: str) -> None:
        super().__init__(
            f"{stage}: no validation beat that of the untrained weights: {score} was {history[0][score]:.4f} before"
            f" training and {history[-1][score]:.4f} at step {history[-1]['step']:.0f}",
            remedy,
        )


class Interrupted(PromptganError):
    """A signal asked the training to stop; its state is saved."""

    def __init__(self, stage: str, step: int, signum: int) -> None:
        super().__init__(f"{stage}: interrupted after step {step}, and saved", "run again to go on from there")
        self.exit_code = 128 + signum


@dataclass(frozen=True)
class Plan:
    """How long a method trains, and how often the loop looks."""

    title: str
    """What is being done, for the progress bar."""
    steps: int
    """At most."""
    validate_every: int
    checkpoint_every: int
    warmup: int = 0
    """Units of work before step 0, in which nothing is averaged or validated."""
    per_epoch: int | None = None
    """Steps of a pass over the data, where rows shall hold the epoch."""
    first_epoch: int = 0
    """Step at which the first pass begins."""
    ema: float | None = None
    """Decay of the moving averages; none where None."""
    patience: int | None = None
    """Validations in a row without a better one after which training stops; no limit where None."""
    keeps_start: bool = True
    """Whether the weights of step 0 are left where no validation beats theirs; else the best of the others is."""
    fresh: bool = False
    """Whether the weights of step 0 are random, so that beating them is the least that training must do."""
    budget: float | None = None
    """Floating-point operations after which training stops; no limit where None."""


@dataclass(frozen=True)
class Outcome:
    """How a training ended. Networks hold the weights of the best validation."""

    history: list[Row]
    """One row per validation, that of step 0 first."""
    best: float
    """Score of the best validation."""
    best_step: int
    steps: int
    stopped: str
    """Why: `limit`, `budget`, `patience`, what the method said, or the name of the guard that was crossed."""
    flops: int
    """What the units of work cost, validations apart: counted on one in ten, which stands for those after it. The first
    unit, and the first after the warm-up, may do what is done once: each is counted too, and for itself alone."""
    networks: dict[str, nn.Module]
    """The method's networks, moving averages in place of those that have one."""


def run(method: Method, plan: Plan, checkpoint: Checkpoint) -> Outcome:
    """Train until the plan, the method or a guard ends it; a run that was killed goes on from its checkpoint.

    Raises:
        NonFiniteTraining: a loss or a gradient is not finite; no optimiser has taken a step with such a gradient.
        NothingLearnt: fresh weights were never beaten.
        Interrupted: a signal came; the state after the step in which it came is saved.
    """
    training = _Training(method, plan, checkpoint.stage)
    now = training.now
    if saved := checkpoint.load():
        training.load(saved)
    else:
        training.begin()
    done = now.step + plan.warmup
    with Progress(plan.title, plan.warmup + plan.steps, done) as progress, _signals() as came:
        while now.step < plan.steps and not now.stopped:
            training.advance()
            progress.advance()
            if now.step > 0 and (now.step % plan.validate_every == 0 or now.step == plan.steps or training.spent):
                progress.say(training.look())
            if now.step < plan.steps and not now.stopped and (came or now.step % plan.checkpoint_every == 0):
                checkpoint.save(training.state())
                if came:
                    raise Interrupted(checkpoint.stage, now.step, came[0])
    return training.end()


@dataclass
class _Now:
    """What the loop itself remembers from one step to the next."""

    step: int
    best: float
    stopped: str = ""
    best_step: int = 0
    best_weights: dict[str, dict[str, Any]] = field(default_factory=dict)
    history: list[Row] = field(default_factory=list)
    flops: int = 0
    unit_flops: int = 0
    """Of the unit of work that was counted last."""
    sums: dict[str, float] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    warmup_means: Row = field(default_factory=dict)
    """For the first row, which shows those of what the warm-up alone reports."""


class _Training:
    def __init__(self, method: Method, plan: Plan, stage: str) -> None:
        self.method, self.plan, self.stage = method, plan, stage
        self.sign = 1 if method.better == "higher" else -1
        self.averages = {
            name: AveragedModel(method.networks[name], multi_avg_fn=get_ema_multi_avg_fn(plan.ema))  # type: ignore[no-untyped-call]
            for name in (method.averaged if plan.ema is not None else ())
        }
        self.shown = {**method.networks, **{name: average.module for name, average in self.averages.items()}}
        self.parts: dict[str, Stateful] = {**method.state, **{f"average/{n}": a for n, a in self.averages.items()}}
        self.now = _Now(-plan.warmup, -self.sign * math.inf)

    def state(self) -> dict[str, Any]:
        """All that the next step depends on."""
        parts = {name: part.state_dict() for name, part in self.parts.items()}
        return {"parts": parts, "now": vars(self.now), "random": random_state()}

    def load(self, state: dict[str, Any]) -> None:
        """Put back what `state` returned."""
        for name, part in self.parts.items():
            part.load_state_dict(state["parts"][name])
        vars(self.now).update(state["now"])
        set_random_state(state["random"])

    def begin(self) -> None:
        """Measure where training starts from; every guard is measured from there."""
        row = self._measured()
        live.begin(self.stage)
        self._note(row)
        if self.plan.keeps_start:
            self._keep(row)

    def advance(self) -> None:
        """One unit of work."""
        now = self.now
        for network in self.method.networks.values():
            network.train()
        try:
            values = self._worked()
            for name, total, count in totals(values):
                now.sums[name] = now.sums.get(name, 0.0) + total
                now.counts[name] = now.counts.get(name, 0) + count
        except NotFinite as error:
            raise NonFiniteTraining(str(error), self.stage, now.step, self.method.remedy) from error
        if now.step >= 0:
            for name, average in self.averages.items():
                average.update_parameters(self.method.networks[name])
        now.step += 1
        if now.step == 0:
            now.warmup_means, now.sums, now.counts = self._means(), {}, {}

    def look(self) -> str:
        """Validate, keep the weights where they are the best, and decide whether to stop; returns a word for people."""
        now, score = self.now, self.method.score
        row = self._measured()
        now.sums, now.counts, now.warmup_means = {}, {}, {}
        crossed = next((limit.name for limit in self.method.limits if limit.crossed(row, now.history[0])), "")
        # What a guard stopped is kept only where there is nothing else.
        if self.sign * row[score] > self.sign * now.best and not (crossed and now.best_weights):
            self._keep(row)
        now.stopped = crossed or self._note(row) or ""
        waited = now.step - now.best_step
        if not now.stopped and self.plan.patience and waited >= self.plan.patience * self.plan.validate_every:
            now.stopped = "patience"
        if not now.stopped and self.spent:
            now.stopped = "budget"
        return f"{score} {row[score]:.4f} (best {now.best:.4f})"

    def end(self) -> Outcome:
        """Put the best weights back."""
        now = self.now
        if self.plan.fresh and now.best_step == 0:
            raise NothingLearnt(self.stage, self.method.score, now.history, self.method.remedy)
        for name, weights in now.best_weights.items():
            self.parts[name].load_state_dict(weights)
        stopped = now.stopped or "limit"
        return Outcome(now.history, now.best, now.best_step, now.step, stopped, now.flops, self.shown)

    @property
    def spent(self) -> bool:
        """Whether the budget is used up."""
        return self.plan.budget is not None and self.now.flops >= self.plan.budget

    def _worked(self) -> Mapping[str, Value]:
        now = self.now
        done = now.step if now.step >= 0 else now.step + self.plan.warmup
        if done == 0 or done % COUNT_EVERY == 1:
            values, now.unit_flops = counted(lambda: self.method.step(now.step))
        else:
            values = self.method.step(now.step)
        now.flops += now.unit_flops
        return values

    def _measured(self) -> Row:
        now = self.now
        for network in self.shown.values():
            network.eval()
        if self.averages and now.step > 0:
            self.method.settle({name: self.shown[name] for name in self.averages})
        begun = max(0, now.step - self.plan.first_epoch)
        epoch = {"epoch": round(begun / self.plan.per_epoch, 4)} if self.plan.per_epoch else {}
        means = dict(sorted({**now.warmup_means, **self._means()}.items()))
        return {"step": max(0, now.step), **epoch, **means, **self.method.validate(self.shown)}

    def _means(self) -> Row:
        return {name: total / self.now.counts[name] for name, total in self.now.sums.items()}

    def _note(self, row: Row) -> str | None:
        self.now.history.append(row)
        live.publish(self.stage, row)
        return self.method.hear(row)

    def _keep(self, row: Row) -> None:
        self.now.best, self.now.best_step = row[self.method.score], int(row["step"])
        networks = {name: part for name, part in self.parts.items() if isinstance(part, nn.Module)}
        self.now.best_weights = {name: copy.deepcopy(network.state_dict()) for name, network in networks.items()}


@contextmanager
def _signals() -> Iterator[list[int]]:
    """The signals that asked the training to stop; a second Ctrl-C stops it at once."""
    came: list[int] = []

    def note(signum: int, frame: object) -> None:
        if came and signum == signal.SIGINT:
            raise KeyboardInterrupt
        came.append(signum)

    if threading.current_thread() is not threading.main_thread():
        yield came
        return
    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
