"""Labelled texts of packages: what is a record, its label, its group, and its source."""

from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from promptgan.data.download import NoSourceDelivered, download
from promptgan.data.sets import bbc_topics, brown_genres, chinese_reviews, sentiment, spam

COLUMNS = ["id", "group", "text", "label", "source"]


def rows(records: pd.DataFrame) -> list[list[str]]:
    assert list(records) == COLUMNS
    assert records["id"].is_unique
    values: list[list[str]] = records.to_numpy().tolist()
    return values


def sentiments(*sources: Any) -> sentiment.Parameters:
    return sentiment.Parameters(name="sentiment", sources=list(sources), least_score=0.5)


def test_rated_sentences_have_the_sign_as_label_and_say_their_source(tmp_path: Path) -> None:
    tweets = "1\t2.5\tA joy\u2028to see.\r\n2\t-0.4\tTepid.\r\n3\t-0.5\tA bore.\r\n"
    (tmp_path / "tweets_GroundTruth.txt").write_bytes(tweets.encode())
    (tmp_path / "amazonReviewSnippets_GroundTruth.txt").write_bytes(b"1_1\t1.5\ti love it.\r\n1_2\t-2\tit broke.")
    assert rows(sentiment.records(tmp_path, sentiments("products", "tweets"))) == [
        ["products-1_1", "products-1", "i love it.", "positive", "products"],
        ["products-1_2", "products-1", "it broke.", "negative", "products"],
        ["tweets-1", "tweets-1", "A joy\u2028to see.", "positive", "tweets"],
        ["tweets-3", "tweets-3", "A bore.", "negative", "tweets"],
    ]


def test_brown_has_every_sentence_as_it_was_printed_under_its_genre(tmp_path: Path) -> None:
    (tmp_path / "ca01").write_text(
        "\tWho/wps paid/vbd ``/`` $/$ 20/cd ''/'' ?/. ?/.\n\nThe/at jury's/nn$ men/nns ./.\n"
    )
    (tmp_path / "cb01").write_text("Alone/rb ./.\n")
    (tmp_path / "cats.txt").write_text("cb01 editorial\nca01 news\n")
    assert rows(brown_genres.records(tmp_path, brown_genres.Parameters(name="brown_genres"))) == [
        ["ca01-000", "ca01", 'Who paid "$20"?', "news", ""],
        ["ca01-001", "ca01", "The jury's men.", "news", ""],
        ["cb01-000", "cb01", "Alone.", "editorial", ""],
    ]


def test_equal_reviews_are_a_group_whatever_their_labels(tmp_path: Path) -> None:
    (tmp_path / "pos.txt").write_text("很好\n\n 不错\u3000\n很好\n", encoding="utf-8")
    (tmp_path / "neg.txt").write_text("太差\n不错", encoding="utf-8")
    found = rows(chinese_reviews.records(tmp_path, chinese_reviews.Parameters(name="chinese_reviews")))
    assert [[name, text, label] for name, _, text, label, _ in found] == [
        ["positive-00001", "很好", "positive"],
        ["positive-00003", "不错", "positive"],
        ["positive-00004", "很好", "positive"],
        ["negative-00001", "太差", "negative"],
        ["negative-00002", "不错", "negative"],
    ]
    groups = [group for _, group, *_ in found]
    assert groups[0] == groups[2]
    assert groups[1] == groups[4]
    assert len(set(groups)) == 3


def test_documents_are_of_the_topic_of_their_folder_and_of_one_headline(tmp_path: Path) -> None:
    (tmp_path / "tech-001.txt").write_text("Ink helps\n\nThe ink – dries.", encoding="utf-8")
    (tmp_path / "sports-199.txt").write_bytes(b"Ink helps \n\nIt cost \xa35.")
    assert rows(bbc_topics.records(tmp_path, bbc_topics.Parameters(name="bbc_topics"))) == [
        ["sports-199", "Ink helps", "Ink helps \n\nIt cost £5.", "sports", ""],
        ["tech-001", "Ink helps", "Ink helps\n\nThe ink – dries.", "tech", ""],
    ]


def mail(subject: str, plain: str | None = None, html: str | None = None) -> bytes:
    message = EmailMessage()
    message["From"] = "somebody@example.org"
    message["Subject"] = subject
    if plain is not None:
        message.set_content(plain)
    if html is not None:
        add = message.set_content if plain is None else message.add_alternative
        add(html, subtype="html", cte="base64")
    return bytes(message)


def test_a_thread_of_mails_is_a_group_and_its_text_the_subject_and_the_body(tmp_path: Path) -> None:
    (tmp_path / "ham-1.a.txt").write_bytes(mail("[ILUG] Naïve  question", "Does it work?\n"))
    (tmp_path / "ham-2.b.txt").write_bytes(mail("Re: [ILUG] Fwd: naïve question", "It does."))
    (tmp_path / "spam-1.c.txt").write_bytes(mail("", html="<p>BUY <b>n</b>ow &amp; here"))
    found = spam.records(tmp_path, spam.Parameters(name="spam"))
    assert [(name, group, label) for name, group, _, label, _ in rows(found)] == [
        ("ham-1.a", "naïve question", "ham"),
        ("ham-2.b", "naïve question", "ham"),
        ("spam-1.c", "spam-1.c", "spam"),
    ]
    assert [text.split() for text in found["text"]] == [
        ["[ILUG]", "Naïve", "question", "Does", "it", "work?"],
        ["Re:", "[ILUG]", "Fwd:", "naïve", "question", "It", "does."],
        ["BUY", "now", "&", "here"],
    ]


def test_plain_text_is_read_before_html_and_an_attachment_never() -> None:
    message = EmailMessage()
    message.set_content("<p>as sent</p>", subtype="html")
    message.add_attachment("not read", subtype="plain", filename="a.txt")
    assert spam.read(bytes(message))[1].split() == ["as", "sent"]
    assert spam.read(mail("both", "plain", "<p>html"))[1].split() == ["plain"]
    assert spam.read(b"Subject: only a picture\nContent-Type: image/png\n\nx") == ("only a picture", "")


@pytest.mark.parametrize(
    ("charset", "body", "text"),
    [("iso-8859-15", b"5 \xa4", "5 €"), ("no_such_charset", "né".encode(), "né"), ("us-ascii", b"it\x92s", "it’s")],
)
def test_characters_are_read_by_what_the_mail_says_of_them_where_that_can_be(
    charset: str, body: bytes, text: str
) -> None:
    header = f"Subject: =?{charset}?q?a?=\nContent-Type: text/plain; charset={charset}\n\n".encode()
    assert spam.read(header + body)[1] == text


def test_markup_is_taken_out_and_words_stay_whole() -> None:
    text = "<html><style>p {color: red}</style>V<!-- x -->iag<font size=1>ra<br>5 < 6<script>if (a<b) {}</SCRIPT ></b>!"
    assert spam.without_markup(text).split() == ["Viagra", "5", "<", "6", "!"]
    assert spam.without_markup("cut off <!-- here") == "cut off "


@pytest.fixture
def unpacked(tmp_path: Path) -> Callable[[ModuleType, Any], Path]:
    """Downloads a set's real package; the test is skipped where no index or registry is in reach."""

    def unpack(of: ModuleType, parameters: Any) -> Path:
        try:
            download(of.upstream(parameters), tmp_path / "raw", cache=tmp_path / "cache", roots=[])
        except NoSourceDelivered as error:
            pytest.skip(f"no package in reach: {error.problem.splitlines()[-1]}")
        return tmp_path / "raw"

    return unpack


def test_the_real_sentences_of_four_sources(unpacked: Callable[[ModuleType, Any], Path]) -> None:
    every = sentiments("movies", "products", "editorials", "tweets")
    records = sentiment.records(unpacked(sentiment, every), every)
    assert records["source"].value_counts().to_dict() == {
        "movies": 10_072,
        "tweets": 3_432,
        "products": 2_985,
        "editorials": 2_970,
    }


def test_the_real_reviews_are_there_twice_and_a_few_contradict(unpacked: Callable[[ModuleType, Any], Path]) -> None:
    parameters = chinese_reviews.Parameters(name="chinese_reviews")
    records = chinese_reviews.records(unpacked(chinese_reviews, parameters), parameters)
    assert records["label"].value_counts().to_dict() == {"negative": 18_575, "positive": 16_548}
    assert records.groupby("label")["group"].nunique().to_dict() == {"negative": 9_078, "positive": 8_379}
    assert (records.groupby("group")["label"].nunique() == 2).sum() == 47


def test_the_real_news(unpacked: Callable[[ModuleType, Any], Path]) -> None:
    parameters = bbc_topics.Parameters(name="bbc_topics")
    records = bbc_topics.records(unpacked(bbc_topics, parameters), parameters)
    assert records["label"].value_counts().to_dict() == {
        "sports": 511,
        "business": 510,
        "politics": 417,
        "tech": 401,
        "entertainment": 386,
    }
    assert records["text"].nunique() == 2_127


def test_the_real_mails(unpacked: Callable[[ModuleType, Any], Path]) -> None:
    raw = unpacked(spam, spam.Parameters(name="spam"))
    assert {label: len(list(raw.glob(f"{label}-*"))) for label in spam.FOLDERS} == {"ham": 4_150, "spam": 1_896}
