"""Dense rewards: a token is rewarded by how real the answer seems as far as it."""

from dataclasses import replace

import torch
from torch import Tensor

from promptgan.core.parameters import ParameterError
from promptgan.forms.tokens import likelihood
from promptgan.forms.tokens.discriminator import PrefixDiscriminator
from promptgan.forms.tokens.generator import Batch, is_real
from promptgan.training.adversarial.discriminated import Answers, plan
from promptgan.training.adversarial.texts import TextAdversary
from promptgan.training.loop.method import Numbers
from promptgan.training.loop.run import Plan
from promptgan.training.methods.dense_rewards.parameters import Parameters
from promptgan.training.methods.dense_rewards.prefixes import PrefixDiscrimination
from promptgan.training.setting import Setting


class DenseRewards(TextAdversary):
    """REINFORCE with a reward for every token and moving averages as baseline.

    As in ScratchGAN (de Masson d'Autume et al., 2019, arXiv:1905.09922, section 3): the reward of a token is 2 D - 1,
    where D is the probability, as the discriminator says, that the answer as far as the token is real; its return is
    the discounted sum of the rewards from it on, from which a moving average of returns is subtracted. The paper has
    one average; here each position has its own, since behind a bad beginning every return is low, whatever is said.

    Args:
        setting: the pairs, objective, penalty and score, and the generator to go on from where there is one.
        parameters: the `train` section.

    Raises:
        ParameterError: the discriminator judges no prefixes.
    """

    discriminates = PrefixDiscrimination
    discrimination: PrefixDiscrimination

    def __init__(self, setting: Setting, parameters: Parameters) -> None:
        super().__init__(setting, parameters)
        if not isinstance(self.discriminator, PrefixDiscriminator):
            name = setting.sections["discriminator"]["network"]
            raise ParameterError([f"discriminator.network: {name} judges no prefixes, which train.method needs"])
        self.p = parameters
        self.baseline = Numbers({str(position): 0.0 for position in range(self.max_tokens + 1)})
        self.state |= {"baseline": self.baseline}

    def learn(self, batch: Batch, real: Batch, k: int) -> tuple[dict[str, Tensor], Answers]:
        """One step by the returns of the answers that are drawn."""
        answers = self.answers(batch)
        said = batch.answered(*answers)
        rewards = self.rewards(said)
        returned = returns(rewards, self.p.discount)
        drawn = self.drawn(said)
        mine = is_real(drawn.text_lengths, drawn.text.shape[1])
        advantages = returned - self.expected(returned, mine)
        with self.as_drawn():
            likelihood.backward(self.generator, drawn, shares=advantages, undrawn=self.generator.example.undrawn)
        noted = {"reward": rewards[mine].mean(), "return": returned[mine].mean()}
        return noted | self.update(real), answers

    def expected(self, returned: Tensor, drawn: Tensor) -> Tensor:
        """The moving average (T,) at each position, as it was before the returns (N, T) of the tokens ``drawn`` (N, T).

        These count from the next step on: what an answer is measured by must not hold its own return.
        """
        before = torch.tensor([self.baseline[str(position)] for position in range(drawn.shape[1])], device=self.device)
        counts = drawn.sum(0).tolist()
        for position, (total, count) in enumerate(zip((returned * drawn).sum(0).tolist(), counts, strict=True)):
            if count:
                step = total / count - self.baseline[str(position)]
                self.baseline[str(position)] += (1 - self.p.baseline_decay) * step
        return before

    @torch.no_grad()
    def rewards(self, batch: Batch) -> Tensor:
        """The reward of every token of the answers in ``batch.text``, (N, T), from -1 to 1; zero behind their ends.

        As of policy gradient, it is read with nothing dropped out.
        """
        real = is_real(batch.text_lengths, batch.text.shape[1])
        with self.whole(self.discriminator):
            return (2 * self.discrimination.judged(batch).sigmoid() - 1).masked_fill(~real, 0)


def returns(rewards: Tensor, discount: float) -> Tensor:
    """The discounted sums of rewards (N, T) from each position on, (N, T)."""
    sums = [rewards[:, -1]]
    for reward in reversed(rewards[:, :-1].unbind(1)):
        sums.append(reward + discount * sums[-1])
    return torch.stack(sums[::-1], 1)


def build(setting: Setting, parameters: Parameters) -> tuple[DenseRewards, Plan]:
    """The method and its plan; raises what `promptgan.training.adversarial.discriminated.plan` does.

    Even a generator that begins with fresh weights needs the twin: validation measures how far it is from it.
    """
    chosen = plan("dense rewards", setting, parameters, parameters.warmup)
    if parameters.start == "fresh":
        chosen, setting = replace(chosen, keeps_start=True, fresh=True), replace(setting, start={})
    return DenseRewards(setting, parameters), chosen
