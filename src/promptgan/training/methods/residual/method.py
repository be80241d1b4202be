"""Noise-contrastive estimation of an energy, by which the generator's own answers are then resampled."""

from collections.abc import Mapping

from torch import Tensor, nn

from promptgan.training.adversarial.discriminated import DiscriminatedTexts, plan
from promptgan.training.loop.method import Row, Value
from promptgan.training.loop.run import Plan
from promptgan.training.methods.residual.parameters import Parameters
from promptgan.training.setting import Setting


class Residual(DiscriminatedTexts):
    """A generator p that stays as it is, and an energy E that learns what it lacks.

    The model is P(y|x), proportional to p(y|x) exp(-E(x, y)), a residual energy-based model (Deng et al., 2020,
    arXiv:2004.11714, equation 1). E is minus the discriminator's logit and learns by conditional noise-contrastive
    estimation (equation 2; Ma and Collins, 2018, arXiv:1809.01812): to tell real answers from the generator's own to
    the same prompts, of which there are as many. At the optimum the logit is the log ratio of the real to the
    generator's density, so that P is real. Real texts under the wrong prompt would be a second kind of noise, and the
    optimum the ratio to a mixture that nobody draws from; so there are none.

    What is validated are answers that are resampled as the model folder says.

    Args:
        setting: the generator, the pairs, objective, penalty and score.
        parameters: the `train` section.
    """

    averaged = ("discriminator",)

    def __init__(self, setting: Setting, parameters: Parameters) -> None:
        super().__init__(setting, parameters, parameters.players.discriminator, wrong_prompts=False)
        self.turns = parameters.players.discriminator.steps
        self.drawing = {"candidates": parameters.candidates, "chosen_by": "discriminator"}

    def step(self, k: int) -> dict[str, Value]:
        """The discriminator's steps, each on real pairs and an answer drawn to each of their prompts."""
        noted: dict[str, Tensor] = {}
        for turn in range(self.turns):
            batch = self.batches[k * self.turns + turn].to(self.device)
            noted |= self.discrimination.step(batch, *self.answers(batch))
        return dict(noted)

    def validate(self, networks: Mapping[str, nn.Module]) -> Row:
        """What the score says of resampled answers to validation prompts, beside the generator's own."""
        assert self.scored
        return self.scored(networks, self.drawing)


def build(setting: Setting, parameters: Parameters) -> tuple[Residual, Plan]:
    """The method and its plan; raises what `promptgan.training.adversarial.discriminated.plan` does."""
    chosen = plan("residual energy", setting, parameters)
    return Residual(setting, parameters), chosen
