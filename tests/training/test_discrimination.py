import pytest
import torch

from promptgan.forms.tokens.generator import Batch
from promptgan.forms.tokens.pairs import pad
from promptgan.networks.tokens.convolutional.network import Discriminator
from promptgan.networks.tokens.convolutional.parameters import Parameters
from promptgan.objectives import non_saturating
from promptgan.training.adversarial.discrimination import Discrimination
from promptgan.training.loop.method import Player
from tests.conftest import DISCRIMINATOR, EXAMPLE
from tests.training.conftest import COMPUTE

TEXTS = [[5, 6, 3], [7, 8, 3], [9, 10, 3]]


@pytest.fixture
def discrimination() -> Discrimination:
    network = Discriminator(Parameters(**DISCRIMINATOR | {"dropout": 0.0}), EXAMPLE)
    player = Player("discriminator", network, torch.optim.SGD(network.parameters(), 0.1), clip=None)
    return Discrimination(network, player, non_saturating, None, 0.0, COMPUTE)


@pytest.mark.parametrize("prompts", [[[], [], []], [[4, 11], [4, 11], [4, 11]]])
def test_a_real_text_is_not_called_wrong_where_all_prompts_are_the_same(
    prompts: list[list[int]], discrimination: Discrimination
) -> None:
    batch, (tokens, lengths) = Batch(*pad(prompts), *pad(TEXTS)), pad([[12, 3], [13, 3], [14, 3]])
    embed = discrimination.discriminator.embedding
    real = discrimination.scores(batch, embed(batch.text), batch.text_lengths)
    fake = discrimination.scores(batch, embed(tokens), lengths)
    noted = discrimination.step(batch, tokens, lengths, acts=False)
    assert noted["discriminator_loss"] == non_saturating.discriminator_loss(real, fake)
    assert "accuracy_wrong_prompt" not in noted


def test_a_real_text_under_another_prompt_is_called_wrong(discrimination: Discrimination) -> None:
    batch, (tokens, lengths) = Batch(*pad([[4], [4], [11]]), *pad(TEXTS)), pad([[12, 3], [13, 3], [14, 3]])
    embed = discrimination.discriminator.embedding
    real = discrimination.scores(batch, embed(batch.text), batch.text_lengths)
    fake = discrimination.scores(batch, embed(tokens), lengths)
    wrong = discrimination.scores(batch, embed(batch.text.roll(1, 0)), lengths + 1)
    loss = non_saturating.discriminator_loss(real, fake)
    differs = [0, 2]  # the second was asked what the first was
    loss = (loss + non_saturating.discriminator_loss(real[differs], wrong[differs])) / 2
    torch.testing.assert_close(discrimination.step(batch, tokens, lengths, acts=False)["discriminator_loss"], loss)
