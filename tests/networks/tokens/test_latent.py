"""The latent generator and its encoder: what the latent vector changes, and who draws it."""

import torch
from torch import Tensor

from promptgan.forms.tokens.decoding import latent_vectors, random_numbers, sample
from promptgan.forms.tokens.example import Example
from promptgan.networks.tokens.latent.network import Encoder, Generator, hidden_words
from promptgan.networks.tokens.latent.parameters import Parameters
from tests.networks.tokens.test_generators import PROMPT, PROMPT_LENGTHS, TEXT, TEXT_LENGTHS

PARAMETERS = Parameters(network="latent", latent=3, embedding=6, width=8, dropout=0.0, word_dropout=0.0)
EXAMPLE = Example(30, 12)


def generator() -> Generator:
    network = Generator(PARAMETERS, EXAMPLE).eval()
    with torch.no_grad():
        network.mix.weight[:, -3:] *= 20  # so that answers depend on the latent vector before any training
        network.embedding.weight *= 5
    return network


def test_an_answer_depends_on_its_latent_vector_and_on_nothing_drawn_elsewhere(one_thread: None) -> None:
    network, uniforms, z = generator(), random_numbers(1, 6, 12), latent_vectors(1, 6, 3)
    texts = sample(network, PROMPT, PROMPT_LENGTHS, uniforms, z=z)
    torch.rand(5)
    assert sample(network, PROMPT, PROMPT_LENGTHS, uniforms, z=z) == texts
    assert sample(network, PROMPT[:1], PROMPT_LENGTHS[:1], uniforms[:2], z=z[:2]) == texts[:2]
    assert sample(network, PROMPT, PROMPT_LENGTHS, uniforms, z=latent_vectors(2, 6, 3)) != texts


def test_a_given_vector_takes_the_place_of_the_drawn_one(one_thread: None) -> None:
    network, z = generator(), latent_vectors(1, 3, 3)
    drawn = network.start(PROMPT, PROMPT_LENGTHS)
    assert not torch.equal(drawn.theme, network.start(PROMPT, PROMPT_LENGTHS).theme)
    given, expected = network.given(drawn, z), network.start(PROMPT, PROMPT_LENGTHS, z)
    assert all(map(torch.equal, given, expected))


def test_what_is_drawn_is_standard_normal_and_a_row_is_the_same_however_many_there_are() -> None:
    z = latent_vectors(3, 4000, 5)
    assert torch.equal(latent_vectors(3, 7, 5), z[:7])
    assert z.mean(0).abs().max() < 0.06
    assert (z.std(0) - 1).abs().max() < 0.04
    uniform = torch.special.ndtr(z[:, :1].double())
    paired = torch.corrcoef(torch.cat([uniform, random_numbers(3, 4000, 1)], 1).T)[0, 1]
    assert paired.abs() < 0.06


def test_the_encoder_reads_prompt_and_text_and_not_their_padding(one_thread: None) -> None:
    encoder = Encoder(PARAMETERS, EXAMPLE).double().eval()

    def read(prompt: Tensor, text: Tensor) -> Tensor:
        return torch.cat(encoder(prompt, PROMPT_LENGTHS, text, TEXT_LENGTHS), 1)

    found = read(PROMPT, TEXT)
    assert found.shape == (3, 6)
    pad = torch.nn.functional.pad
    torch.testing.assert_close(read(pad(PROMPT, (0, 2)), pad(TEXT, (0, 3))), found)
    for changed in (read(PROMPT + 1, TEXT), read(PROMPT, TEXT.clone().index_fill_(1, torch.tensor([0]), 20))):
        assert not torch.isclose(changed, found).all(1).any()


def test_words_are_hidden_while_training_alone(one_thread: None) -> None:
    embedded = torch.ones(50, 40, 2)
    assert torch.equal(hidden_words(embedded, 0.3, training=False), embedded)
    hidden = hidden_words(embedded, 0.3, training=True)
    assert torch.equal(hidden[..., 0], hidden[..., 1])
    assert abs((hidden == 0).double().mean() - 0.3) < 0.04
