"""What makes a text look real to a discriminator: words whose parts sum to its logit, and what cannot be explained."""

import shutil
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from promptgan.applications.explanation import Answering, NoDiscriminator, explained
from promptgan.cli import app
from promptgan.core.files import write_json
from promptgan.networks import folder
from promptgan.serving.asks import Ask
from promptgan.serving.drawing.text import Drawer
from promptgan.tasks.text.samples.samples import UnusablePrompt

pytest.importorskip("captum.attr", reason="captum is not installed: `make tools`")

PROMPT, TEXT = "do you cook the soup", "yes , i cook soup now"


def test_the_words_sum_to_the_logit_beside_a_text_without_content(model: Path) -> None:
    found = explained(model, PROMPT, TEXT)
    ((answer,),) = Drawer(model, torch.device("cpu")).score([Ask((PROMPT,), (TEXT,))])
    assert found.logit == pytest.approx(answer["score"], abs=1e-4)
    assert "".join(word.gap + word.text for word in found.words) == TEXT
    loaded = folder.load(model, torch.device("cpu"), ["discriminator"])
    drawer = Drawer(model, torch.device("cpu"))
    asked, said = (drawer.model.tokenizer.encode(side, add_special_tokens=False).ids for side in (PROMPT, TEXT))
    answering = Answering(loaded.networks["discriminator"], asked)  # type: ignore[arg-type]
    embedded = torch.zeros(1, len(said) + 1, answering.embedding.embedding_dim)
    embedded[0, -1] = answering.embedding.weight[drawer.model.generator.example.eos]
    empty = answering.classify(embedded, torch.tensor([len(said) + 1])).item()
    assert sum(word.attribution for word in found.words) == pytest.approx(found.logit - empty, abs=1e-3)
    assert explained(model, "do you eat the fish", TEXT).words != found.words
    assert explained(model, PROMPT.replace("o", "o\u200b"), TEXT.replace("o", "o\u200b") + "\u00a0") == found


def test_what_cannot_be_explained_is_refused(model: Path, tmp_path: Path) -> None:
    with pytest.raises(UnusablePrompt, match="the text is empty"):
        explained(model, PROMPT, " ")
    with pytest.raises(UnusablePrompt, match="answer a prompt, and there is none"):
        explained(model, "", TEXT)
    shutil.copytree(model, tmp_path / "twin")
    index = folder.read_index(model)
    networks = {role: each for role, each in index["networks"].items() if role == "generator"}
    write_json(tmp_path / "twin/index.json", {**index, "networks": networks})
    with pytest.raises(NoDiscriminator, match="has no discriminator"):
        explained(tmp_path / "twin", PROMPT, TEXT)


def test_the_command_prints_the_marked_text_and_writes_a_page(model: Path, tmp_path: Path) -> None:
    page = tmp_path / "why.html"
    arguments = ["--model", str(model), "--prompt", PROMPT, "--text", TEXT, "--html", str(page)]
    done = CliRunner().invoke(app, ["explain", *arguments])
    assert done.exit_code == 0, done.output
    assert f"logit {explained(model, PROMPT, TEXT).logit:+.3f}: " in done.output
    assert "+ speaks for a real answer" in page.read_text(encoding="utf-8")
