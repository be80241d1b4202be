"""A classifier as `promptgan classify` and `promptgan attack` load it, with weights that tell labels by one word."""

import csv
import shutil

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from typer.testing import CliRunner

from promptgan.cli import app
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.vocabulary import SPECIAL_TOKENS
from promptgan.networks import folder
from promptgan.quality.normalise import normalise
from promptgan.tasks.classification.samples.prediction import UnknownLabel, UnreadableText, load, readable

WORDS = ["a", "film", "good", "bad", "and", "dull"]
SECTION = {
    "network": "classifier",
    "labels": 2,
    "body": {"kind": "cnn", "embedding": 4, "width": 4, "kernels": [1], "dropout": 0.0},
}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model folder: two labels, of which words of a known sign decide."""
    place = tmp_path_factory.mktemp("model")
    tokens = [*SPECIAL_TOKENS, "<label negative>", "<label positive>"]
    vocabulary = {token: number for number, token in enumerate([*tokens, *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens(tokens)
    tokenizer.save(str(place / "tokenizer.json"))
    example = Example(len(vocabulary), 6)
    torch.manual_seed(1)
    encoder = folder.build("tokens", "encoder", SECTION, example)
    optimizer = torch.optim.Adam(encoder.parameters(), 0.05)
    texts = torch.tensor([[vocabulary[word], vocabulary["film"], 3] for word in ("good", "bad", "and", "dull")])
    for _ in range(60):
        optimizer.zero_grad()
        logits = encoder(texts, torch.full((4,), 3))
        torch.nn.functional.cross_entropy(logits, torch.tensor([1, 0, 1, 0])).backward()
        optimizer.step()
    files = {"tokenizer.json": place / "tokenizer.json"}
    folder.save(
        place / "made",
        {"encoder": encoder},
        {"encoder": SECTION},
        folder.described("classification", "tokens", example),
        files,
    )
    return place / "made"


def test_probabilities_are_the_network_s_whatever_the_texts_beside(model):
    classifier = load(model)
    assert classifier.labels == ["negative", "positive"]
    texts = ["good film", "BAD", "a good and bad and dull film, and a bad one", "nothing known", "bad"]
    found = classifier.probabilities(texts)
    assert found.sum(1) == pytest.approx(np.ones(5))
    for text, row in zip(texts, found, strict=True):
        assert classifier.probabilities([text])[0] == pytest.approx(row, abs=1e-6)
    ids = torch.tensor([[8, 7, 3]])  # good film, end
    assert found[0] == pytest.approx(classifier.encoder(ids, torch.tensor([3])).softmax(-1)[0].tolist(), abs=1e-6)
    assert (found[1] == found[4]).all()
    assert classifier.probabilities([]).shape == (0, 2)
    cut = classifier.probabilities(["a good and bad and", "a good and bad and dull dull dull"])
    assert cut[0] == pytest.approx(cut[1])


def test_an_unknown_label_and_an_unreadable_text_are_refused(model):
    with pytest.raises(UnknownLabel, match="did you mean positive"):
        load(model).number("positiv")
    for text in (" ", "\udcff"):
        with pytest.raises(UnreadableText):
            readable(["fine", text])


def test_another_task_is_refused(model, tmp_path):
    shutil.copytree(model, tmp_path / "other")
    index = (tmp_path / "other/index.json").read_text().replace('"classification"', '"text"')
    (tmp_path / "other/index.json").write_text(index)
    with pytest.raises(folder.NotAModelFolder, match="tells no labels"):
        load(tmp_path / "other")


def run(*arguments, code=0):
    result = CliRunner().invoke(app, [str(each) for each in arguments])
    assert result.exit_code == code, result.output
    return result.output


def test_classify_tells_labels_and_why(model, tmp_path):
    assert "positive" in run("classify", "--model", model, "--text", "a good film")
    pytest.importorskip("captum.attr", reason="captum is not installed: `make tools`")
    page = tmp_path / "why.html"
    output = run("classify", "--model", model, "--text", "a good film", "--explain", "--html", page)
    assert "+good" in output
    assert "+good" in page.read_text(encoding="utf-8")


def test_a_file_of_texts_becomes_a_table(model, tmp_path):
    texts, out = tmp_path / "texts.txt", tmp_path / "labels.csv"
    texts.write_text("a good film\ndull film\n", encoding="utf-8")
    run("classify", "--model", model, "--file", texts, "--out", out)
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert [(row["text"], row["label"]) for row in rows] == [("a good film", "positive"), ("dull film", "negative")]
    assert all(float(row["negative"]) + float(row["positive"]) == pytest.approx(1) for row in rows)


@pytest.mark.parametrize("command", ["classify", "attack"])
def test_a_line_ends_in_a_line_feed_alone(model, tmp_path, command):
    texts, out = tmp_path / "texts.txt", tmp_path / "out.csv"
    lines = ["a good\u2028film", "dull\x85film", "a\x0bbad\x0cfilm"]
    texts.write_bytes("\r\n".join(["\ufeff" + lines[0], *lines[1:], "", ""]).encode())
    run(command, "--model", model, "--file", texts, "--out", out)
    with out.open(encoding="utf-8", newline="") as file:
        assert [row["text"] for row in csv.DictReader(file)] == [normalise(each) for each in lines]


@pytest.mark.parametrize(("content", "code", "said"), [(b"", 2, "holds no text"), (b"caf\xe9 bar\n", 1, "UTF-8")])
def test_a_file_without_texts_is_refused(model, tmp_path, content, code, said):
    (tmp_path / "texts.txt").write_bytes(content)
    assert said in run("classify", "--model", model, "--file", tmp_path / "texts.txt", code=code)


def test_a_class_called_text_or_label_is_no_other_column(model, tmp_path):
    shutil.copytree(model, tmp_path / "odd")
    path = tmp_path / "odd/tokenizer.json"
    path.write_text(path.read_text().replace("<label negative>", "<label label>").replace("positive", "text"))
    run("classify", "--model", tmp_path / "odd", "--text", "a good film", "--out", tmp_path / "out.csv")
    (row,) = csv.DictReader((tmp_path / "out.csv").read_text().splitlines())
    assert list(row) == ["text", "label", "probability of label", "probability of text"]
    assert (row["text"], row["label"]) == ("a good film", "text")


@pytest.mark.parametrize("command", ["classify", "attack"])
def test_what_people_type_is_read_as_records_have_it(model, command):
    said, plain = (run(command, "--model", model, "--text", text) for text in ("a\u00a0go\u200bod film", "a good film"))
    assert said == plain
    assert "text 1 is empty" in run(command, "--model", model, "--text", "\u200b", code=1)


def test_attack_misleads_the_classifier(model, tmp_path):
    out = tmp_path / "attacked.csv"
    output = run("attack", "--model", model, "--text", "a bad film", "--kind", "deletion", "--out", out)
    assert "of 1 texts that were read right" in output
    (row,) = csv.DictReader(out.read_text(encoding="utf-8").splitlines())
    assert (row["text"], row["label"]) == ("a bad film", "negative")
    assert "did you mean" in run("attack", "--model", model, "--text", "bad", "--label", "negativ", code=1)


def test_no_text_is_a_wrong_command_line(model):
    assert "--file" in run("classify", "--model", model, code=2)
