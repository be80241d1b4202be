"""What training validates by: BLEU with the sources, beside sacrebleu's, and a score that a copy does not raise."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import sacrebleu
import torch
from torch import nn

from promptgan.core.compute import Compute
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.pairs import Pairs
from promptgan.forms.tokens.sampler import Sampler
from promptgan.tasks.style.score.content import bleu, matches
from promptgan.tasks.style.score.score import Score

EXAMPLE = Example(vocabulary=30, max_tokens=8)
COMPUTE = Compute(device="cpu", threads=1, precision="float32")
NEGATIVE, POSITIVE = 4, 5
BAD, GOOD = 10, 20


class Says(nn.Module):
    """A generator that writes what ``answer`` makes of its prompt."""

    def __init__(self, answer) -> None:  # type: ignore[no-untyped-def]
        super().__init__()
        self.answer, self.example = answer, EXAMPLE
        self.nothing = nn.Parameter(torch.zeros(1))


def texts(seed: int) -> list[list[int]]:
    random = np.random.default_rng(seed)
    return [random.integers(0, 3, random.integers(4, 12)).tolist() for _ in range(40)]


def test_bleu_is_that_of_sacrebleu() -> None:
    outputs, sources = texts(1), texts(2)
    sentences, references = ([" ".join(f"w{word}" for word in text) for text in part] for part in (outputs, sources))
    settings = {"tokenize": "none", "smooth_method": "none", "force": True}
    expected = sacrebleu.corpus_bleu(sentences, [references], **settings).score / 100  # type: ignore[arg-type]
    assert expected > 0
    assert bleu(matches(outputs, sources)) == pytest.approx(expected)


def test_a_copy_has_bleu_1_and_what_shares_nothing_or_is_empty_has_0() -> None:
    assert bleu(matches(texts(1), texts(1))) == 1
    assert bleu(matches([[1, 2, 3, 4]], [[5, 6, 7, 8]])) == 0
    assert bleu(matches([[]], [[5, 6]])) == 0


@pytest.fixture
def score(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Score:
    """Of sentences with one word that tells their style, which are transferred by `Says.answer`."""
    styles = [(POSITIVE, GOOD) if n % 2 else (NEGATIVE, BAD) for n in range(40)]
    words = [(n % 4 + 6, n % 3 + 11) for n in range(40)]
    prompts = [[style, *two, style, 9] for two, (style, _) in zip(words, styles, strict=True)]
    texts = [[*two, word, 9] for two, (_, word) in zip(words, styles, strict=True)]
    ids = pa.list_(pa.field("item", pa.uint16(), nullable=False))
    columns = {
        "id": [str(n) for n in range(40)],
        "prompt": pa.array(prompts, ids),
        "text": pa.array(texts, ids),
    }
    table = pa.table(columns)
    with pa.OSFile(str(tmp_path / "val.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)

    def said(sampler, prompts, uniforms, temperature):  # type: ignore[no-untyped-def]
        return [sampler.generator.answer(prompt) for prompt in prompts]

    monkeypatch.setattr(Sampler, "answers", said)
    monkeypatch.setattr("promptgan.forms.tokens.likelihood.per_token", lambda generator, prompts, texts: 1.0)
    return Score(Pairs(tmp_path / "val.arrow"), EXAMPLE, {"generator": Says(None)}, 40, COMPUTE, 1)


def test_prompts_ask_for_the_other_style_wherever_they_name_their_own(score: Score) -> None:
    assert len(score.prompts) == 40
    for prompt, (one, two, word, last) in zip(score.prompts, score.sources, strict=True):
        other = NEGATIVE if word == GOOD else POSITIVE
        assert prompt == [other, one, two, other, last]


def test_its_sentences_are_from_all_over_since_files_are_sorted_by_style(score: Score, tmp_path: Path) -> None:
    few = Score(Pairs(tmp_path / "val.arrow"), EXAMPLE, {"generator": Says(None)}, 8, COMPUTE, 1)
    assert few.sources == score.sources[::5]


def test_a_copy_is_worth_nothing_and_a_word_in_the_place_of_another_much(score: Score) -> None:
    had, wanted = {POSITIVE: BAD, NEGATIVE: GOOD}, {POSITIVE: GOOD, NEGATIVE: BAD}
    copy = score({"generator": Says(lambda prompt: [had.get(word, word) for word in prompt[1:]])})
    assert (copy["score"], copy["flipped"], copy["content_bleu"]) == (0, 0, 1)
    swapped = score({"generator": Says(lambda prompt: [wanted.get(word, word) for word in prompt[1:]])})
    assert swapped["flipped"] == 1
    one = score({"generator": Says(lambda prompt: [wanted[prompt[0]]] * 4)})
    assert one["flipped"] == 1 and one["content_bleu"] == one["score"] == 0
    assert one["duplicates"] > copy["duplicates"]
