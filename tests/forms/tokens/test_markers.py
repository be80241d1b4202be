"""Words that mark a label, beside counts by hand, and prompts without them."""

from pathlib import Path

import pytest
from tokenizers import Encoding, Tokenizer, models, pre_tokenizers, trainers

from promptgan.forms.tokens.markers import Markers, NoMarkers, asked, load_markers, words_of

TEXTS = {
    "negative": ["the plot is dull", "the cast is dull", "not good at all"],
    "positive": ["the plot is good", "the cast is good", "good at last"],
}
SETTINGS = {"longest": 2, "threshold": 3.0, "smoothing": 1.0}
STYLE = 1000


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    """Byte-level BPE that knows most words of the texts as a whole, and of others their pieces."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=290, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator([text for texts in TEXTS.values() for text in texts], trainer)
    return tokenizer


@pytest.fixture(scope="module")
def markers(tokenizer: Tokenizer) -> Markers:
    texts, labels = zip(*((text, label) for label in TEXTS for text in TEXTS[label]), strict=True)
    return Markers.counted([read(tokenizer, text) for text in texts], labels, **SETTINGS)  # type: ignore[arg-type]


def read(tokenizer: Tokenizer, text: str) -> Encoding:
    return tokenizer.encode_batch([text], add_special_tokens=False)[0]


def left(tokenizer: Tokenizer, markers: Markers, text: str) -> str:
    """The content as text, with _ where words were taken out."""
    words = {tuple(ids): word for word, ids in words_of(read(tokenizer, text))}
    return " ".join(words[tuple(ids)] if ids else "_" for ids in markers.content(read(tokenizer, text)))


def test_what_one_label_has_as_often_as_asked_marks_it(markers: Markers) -> None:
    # dull and `is dull`: (2 + 1) / (0 + 1) = 3, as `is good` the other way round; good: (3 + 1) / (1 + 1) = 2.
    assert markers.grams == {"negative": ["dull", "is dull"], "positive": ["is good"]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the plot is dull.", "the plot _ ."),
        ("not good at all", "not good at all"),
        ("is good dull, dull", "_ , _"),
        ("dullness is all", "dullness is all"),
        ("dull", "_"),
        ("", ""),
    ],
)
def test_each_run_of_marking_words_leaves_one_gap_and_other_words_stay_whole(
    text: str, expected: str, tokenizer: Tokenizer, markers: Markers
) -> None:
    assert left(tokenizer, markers, text) == expected


def test_content_and_gaps_are_the_tokens_of_the_text_in_their_order(tokenizer: Tokenizer, markers: Markers) -> None:
    text = read(tokenizer, "the unknown plot")
    assert [token for word in markers.content(text) for token in word] == text.ids
    assert len(text.ids) > len(markers.content(text)) == 3


def test_the_label_begins_a_prompt_and_fills_its_gaps() -> None:
    assert asked(STYLE, [[1, 2], [], [3], []], 9) == [STYLE, 1, 2, STYLE, 3, STYLE]
    assert asked(STYLE, [[1, 2], [], [3]], 3) == [STYLE, 1, 2]
    assert asked(STYLE, [], 9) == [STYLE]


def test_what_is_saved_marks_alike(tmp_path: Path, tokenizer: Tokenizer, markers: Markers) -> None:
    markers.save(tmp_path)
    assert left(tokenizer, load_markers(tmp_path), "the plot is dull") == "the plot _"


@pytest.mark.parametrize("content", [None, "{", "[1]"])
def test_a_folder_without_markers_is_refused(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "markers.json").write_text(content)
    with pytest.raises(NoMarkers):
        load_markers(tmp_path)
