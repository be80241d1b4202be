"""Fitting one network epoch by epoch, as judges are, until it does no better on held-out examples."""

from torch import Tensor, nn, optim

from promptgan.training.loop.checkpoint import Checkpoint
from promptgan.training.loop.method import Method, Player, Value
from promptgan.training.loop.run import Outcome, Plan, run


class Fitting(Method):
    """Follows the gradient of one loss by AdamW; a subclass sets ``per_epoch``, and defines `loss` and `validate`.

    Args:
        name: of the network.
        network: fitted in place.
        learning_rate: constant.
    """

    score = "accuracy"
    remedy = "lower judges.learning_rate"
    per_epoch: int
    """Steps of a pass over the data."""

    def __init__(self, name: str, network: nn.Module, learning_rate: float) -> None:
        self.player = Player(name, network, optim.AdamW(network.parameters(), learning_rate), clip=None)
        self.state = {name: network, "optimizer": self.player.optimizer}

    def loss(self, k: int) -> Tensor:
        """Of the batch of step ``k``, a scalar."""
        raise NotImplementedError

    def step(self, k: int) -> dict[str, Value]:
        """One batch."""
        loss = self.loss(k)
        loss.backward()  # type: ignore[no-untyped-call]
        self.player.update()
        return {"loss": loss}


def fit(method: Fitting, epochs: int, patience: int, checkpoint: Checkpoint) -> Outcome:
    """Train for at most so many epochs, until ``patience`` in a row are no better; each is validated and saved.

    Raises:
        NonFiniteTraining, Interrupted: see `promptgan.training.loop.run.run`.
    """
    title, every = method.player.name, method.per_epoch
    plan = Plan(title, epochs * every, validate_every=every, checkpoint_every=every, per_epoch=every, patience=patience)
    return run(method, plan, checkpoint)
