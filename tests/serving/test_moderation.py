"""What is refused, and why."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from promptgan.cli import app
from promptgan.serving.moderation import profanity, words
from promptgan.serving.moderation.words import NoWords


def test_phrases_are_found_as_whole_words_whatever_their_case() -> None:
    reason = words.refusing(["two girls", "ass", "", "坏"])
    assert reason("an ASS, he said") == "words: ass"
    assert reason("see two  Girls!") == "words: two girls"
    assert reason("很坏的") == "words: 坏"
    assert reason("a class of two boys and girls") is None


def test_an_own_list_is_a_phrase_a_line(tmp_path: Path) -> None:
    path = tmp_path / "words"
    with pytest.raises(NoWords, match="cannot be read"):
        words.load(path)
    path.write_text("\n \n")
    with pytest.raises(NoWords, match="is empty"):
        words.load(path)
    path.write_text("blub\n")
    assert words.load(path)("Blub.") == "words: blub"


def test_the_classifier_says_how_sure_it_is() -> None:
    reason = profanity.load(None)
    assert (reason("you are a fucking idiot") or "").startswith("profanity: probability ")
    assert reason("how was your weekend?") is None
    assert reason("") is None


def test_what_is_no_choice_is_refused_with_those_that_are() -> None:
    refused = CliRunner().invoke(app, ["serve", "--moderation", "wrods"])
    assert refused.exit_code == 2 and "name one of none, profanity, words" in " ".join(refused.output.split())
