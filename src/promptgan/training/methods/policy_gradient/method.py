"""Policy gradient: a token is rewarded by how real the answers seem that begin as far as it."""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss

from promptgan.forms.tokens import likelihood
from promptgan.forms.tokens.generator import Batch, is_real
from promptgan.training.adversarial.discriminated import Answers, plan
from promptgan.training.adversarial.texts import TextAdversary
from promptgan.training.loop.players import player
from promptgan.training.loop.run import Plan
from promptgan.training.methods.policy_gradient.parameters import Parameters
from promptgan.training.methods.policy_gradient.roll_outs import roll_outs
from promptgan.training.setting import Setting


class PolicyGradient(TextAdversary):
    """REINFORCE with roll-outs and a learned baseline.

    The reward of a token is the mean probability, as the discriminator says, that completions of the answer up to it
    are real (Yu et al., 2017, arXiv:1609.05473, equations 4 and 7); that of the last token is the whole answer's. A
    linear map of the generator's features foretells it and is subtracted, which changes no gradient on average and
    makes it less noisy.

    Args:
        setting: the generator to go on from, the pairs, objective, penalty and score.
        parameters: the `train` section.
    """

    def __init__(self, setting: Setting, parameters: Parameters) -> None:
        super().__init__(setting, parameters)
        self.p = parameters
        self.undrawn = torch.tensor(setting.example.undrawn, device=setting.device)
        self.baseline = nn.Linear(self.generator.embedding.embedding_dim, 1).to(setting.device)
        nn.init.zeros_(self.baseline.weight)
        nn.init.zeros_(self.baseline.bias)
        self.foretelling = player("baseline", self.baseline, parameters.baseline_learning_rate)
        self.state |= {"baseline_weights": _Weights(self.baseline), "baseline_optimizer": self.foretelling.optimizer}

    def learn(self, batch: Batch, real: Batch, k: int) -> tuple[dict[str, Tensor], Answers]:
        """One step by the rewards of the answers that are drawn."""
        answers = self.answers(batch)
        said = batch.answered(*answers)
        drawn = self.drawn(said)
        rewards = self.rewards(said)[is_real(drawn.text_lengths, drawn.text.shape[1])]
        with self.as_drawn():
            features, targets = likelihood.real_positions(self.generator, drawn)
            logits = self.generator.logits(features).float().index_fill(1, self.undrawn, -torch.inf)
            nll = cross_entropy(logits, targets, reduction="none")
        foretold = self.baseline(features.detach().float())[:, 0]
        baseline_loss = mse_loss(foretold, rewards)
        baseline_loss.backward()  # type: ignore[no-untyped-call]
        self.foretelling.update()
        ((rewards - foretold.detach()) * nll).mean().backward()
        noted = {"reward": rewards.mean(), "baseline_loss": baseline_loss}
        return noted | self.update(real), answers

    def rewards(self, batch: Batch) -> Tensor:
        """The reward of every token of the answers in ``batch.text``, (N, T); zero behind their ends."""
        with self.whole(self.generator):
            drawn = roll_outs(
                self.generator,
                batch.prompt,
                batch.prompt_lengths,
                batch.text,
                batch.text_lengths,
                self.p.roll_outs,
                self.max_tokens + 1,
            )
        summed = torch.zeros(batch.text.shape, device=self.device)
        whole = torch.arange(len(batch), device=self.device)
        summed[whole, batch.text_lengths - 1] = self.scores(batch).sigmoid()
        completed = Batch(batch.prompt[drawn.text], batch.prompt_lengths[drawn.text], drawn.tokens, drawn.lengths)
        if len(completed):
            means = self.scores(completed).sigmoid() / self.p.roll_outs
            summed.index_put_((drawn.text, drawn.last), means, accumulate=True)
        return summed


class _Weights:
    """A network's weights as a part of a method's state that no model folder needs."""

    def __init__(self, network: nn.Module) -> None:
        self.state_dict, self.load_state_dict = network.state_dict, network.load_state_dict


def build(setting: Setting, parameters: Parameters) -> tuple[PolicyGradient, Plan]:
    """The method and its plan; raises what `promptgan.training.adversarial.discriminated.plan` does."""
    chosen = plan("policy gradient", setting, parameters, parameters.warmup)
    return PolicyGradient(setting, parameters), chosen
