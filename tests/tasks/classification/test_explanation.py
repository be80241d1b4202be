import re

import pytest
import torch
from rich.console import Console
from torch import nn

from promptgan.tasks.classification.explanation import Word, attributions, by_word, fragment, terminal

pytest.importorskip("captum.attr", reason="captum is not installed: `make tools`")


class Recurrent(nn.Module):
    """A small classifier that is not linear in what it reads."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.embedding = nn.Embedding(20, 6)
        self.cell = nn.GRU(6, 5, batch_first=True)
        self.head = nn.Linear(5, 3)

    def classify(self, embedded, lengths):
        states = self.cell(embedded)[0]
        return self.head(states[torch.arange(len(lengths)), lengths - 1])


class Linear:
    """The logits are sums of the embeddings: what each token adds is known."""

    def __init__(self):
        self.embedding = nn.Embedding.from_pretrained(torch.arange(12.0).reshape(6, 2))

    def classify(self, embedded, lengths):
        return embedded.sum(1)


TEXT = torch.tensor([[4, 7, 9, 3], [11, 3, 0, 0]])
LENGTHS = torch.tensor([4, 2])


@pytest.mark.parametrize("label", [0, 2])
def test_attributions_sum_to_the_difference_of_the_logits(label):
    encoder = Recurrent().eval()
    found, missed = attributions(encoder, TEXT, LENGTHS, label)
    embedded = encoder.embedding(TEXT)
    without = embedded.clone()
    without[0, :3], without[1, :1] = 0, 0
    difference = (encoder.classify(embedded, LENGTHS) - encoder.classify(without, LENGTHS))[:, label]
    assert found.sum(1) == pytest.approx(difference.detach().numpy(), abs=1e-4)
    assert abs(missed).max() < 1e-4
    assert (found[0, 3], *found[1, 1:]) == (0, 0, 0, 0)  # ends and padding
    assert abs(found[0, :3]).min() > 0


def test_attributions_of_a_sum_are_its_parts():
    found, _ = attributions(Linear(), torch.tensor([[1, 4, 3]]), torch.tensor([3]), 1)
    assert found.tolist() == [pytest.approx([3, 9, 0])]


def test_a_text_is_explained_alike_alone_and_among_others():
    encoder = Recurrent().eval()
    together, _ = attributions(encoder, TEXT, LENGTHS, 1)
    alone, _ = attributions(encoder, TEXT[1:, :2], LENGTHS[1:], 1)
    assert together[1, :2] == pytest.approx(alone[0], abs=1e-6)


def words(text, *tokens):
    """The words of a text with what tokens, given as they are written, add: 1, 2, 4, ..."""
    offsets, end = [], 0
    for token in tokens:
        start = text.index(token, end)
        end = start + len(token)
        offsets.append((start, end))
    return by_word(text, offsets, [2.0**n for n in range(len(tokens))])


def test_tokens_become_words():
    assert words("un likely!", "un", " li", "ke", "ly", "!") == [
        Word("", "un", 1.0),
        Word(" ", "likely", 14.0),
        Word("", "!", 16.0),
    ]
    assert words("a  b ", "a", " ", " b", " ") == [Word("", "a", 1.0), Word("  ", "b", 14.0)]
    assert words("很好看", "很好", "看") == [Word("", "很好", 1.0), Word("", "看", 2.0)]
    assert words("cut off here", "cut") == [Word("", "cut", 1.0), Word(" ", "off", 0.0), Word(" ", "here", 0.0)]
    assert words("") == []


@pytest.mark.parametrize("text", ["It's  good , isn't it?\n", "这部电影很好!", "a…b <c> & d"])
def test_words_joined_are_the_text_and_no_attribution_is_lost(text):
    pieces = [(i, min(i + 3, len(text))) for i in range(0, len(text), 3)]
    found = by_word(text, pieces, [1.0] * len(pieces))
    assert "".join(word.gap + word.text for word in found) == text.rstrip()
    assert sum(word.attribution for word in found) == len(pieces)


SAID = [Word("", "great", 2.0), Word(" ", "<b>", 0.01), Word(" ", "dull", -1.0), Word("", "\x1b", -0.5)]


def test_marks_are_told_without_colour():
    console = Console(no_color=True, width=80)
    with console.capture() as capture:
        console.print(terminal(SAID), end="")
    assert capture.get() == "+great <b> -dull-\\x1b"


def test_the_fragment_is_escaped_and_says_signs_and_numbers():
    html = fragment(SAID, "good & <kind>")
    assert "&lt;b&gt;" in html
    assert "<b>" not in html
    assert "good &amp; &lt;kind&gt;" in html
    assert "\x1b" not in html
    plain = re.sub(r"<[^>]*>", "", html)
    assert plain.startswith("+great &lt;b&gt; −dull−\\x1b")
    assert 'title="+2.000"' in html
    assert "solid" in re.search(r"<span[^>]*>\+great", html)[0]
    assert "dashed" in re.search(r"<span[^>]*>−dull", html)[0]
    assert "http" not in html
    assert "script" not in html


def test_a_text_that_counts_for_nothing_is_not_marked():
    assert str(terminal([Word("", "a", 0.0)])) == "a"
    assert str(terminal([])) == ""
