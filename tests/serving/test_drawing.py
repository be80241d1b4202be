"""A served model of each task gives what its own room gives, whoever else is asked for beside it."""

import base64
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers

from promptgan.core.errors import PromptganError
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.vocabulary import SPECIAL_TOKENS
from promptgan.networks import folder
from promptgan.serving.asks import Ask
from promptgan.serving.drawing import classification, image, style, text
from promptgan.serving.worker import Abandoned, Worker
from promptgan.tasks.classification.samples import prediction
from promptgan.tasks.image.samples import samples as image_samples
from promptgan.tasks.image.samples.pictures import out_of
from promptgan.tasks.text.samples import samples as text_samples
from tests.conftest import EXAMPLE
from tests.tasks.image import conftest as images

CPU = torch.device("cpu")
ASKS = [Ask(("do you buy the tea",), n=2, seed=3), Ask(("fish",), seed=4), Ask(("do you cook the rice soup",), seed=5)]
pytestmark = pytest.mark.usefixtures("one_thread")


def silent(number: int, index: int, written: str) -> None:
    """Nobody listens."""


def test_texts_are_those_of_the_task(model: Path) -> None:
    drawer, loaded = text.Drawer(model, CPU), text_samples.load(model)
    for ask, answers in zip(ASKS, drawer.generate(ASKS, silent), strict=True):
        wanted = text_samples.answer(loaded, list(ask.prompts) * ask.n, seed=ask.seed, temperature=0.7, top_p=0.9)
        assert [answer["text"] for answer in answers] == wanted


def test_an_answer_chosen_among_candidates_is_the_tasks_too(model: Path, tmp_path: Path, tokens: Path) -> None:
    loaded = folder.load(model)
    sections = {name: entry["section"] for name, entry in loaded.index["networks"].items()}
    index = {**folder.described("text", "tokens", EXAMPLE), "drawing": {"candidates": 4, "chosen_by": "discriminator"}}
    folder.save(tmp_path / "m", loaded.networks, sections, index, {"tokenizer.json": tokens / "tokenizer.json"})
    heard: list[str] = []
    streamed = [Ask(ask.prompts, n=ask.n, seed=ask.seed, stream=True) for ask in ASKS]
    answers = text.Drawer(tmp_path / "m", CPU).generate(streamed, lambda number, index, told: heard.append(told))
    chosen = text_samples.load(tmp_path / "m")
    for ask, group in zip(ASKS, answers, strict=True):
        wanted = text_samples.answer(chosen, list(ask.prompts) * ask.n, seed=ask.seed, temperature=0.7, top_p=0.9)
        assert [answer["text"] for answer in group] == wanted
    assert not any(heard), "what is told of a candidate may not be the answer"


def test_most_tokens_cut_an_answer(model: Path) -> None:
    drawer = text.Drawer(model, CPU)
    (whole,), (cut,) = drawer.generate([Ask(("fish",), seed=3), Ask(("fish",), seed=3, max_tokens=2)], silent)
    assert (cut["tokens"], cut["ended"]) == (2, False)
    assert whole["text"].startswith(cut["text"])
    assert whole["tokens"] > 2


def test_a_batch_that_nobody_waits_for_is_not_drawn_to_its_end(model: Path) -> None:
    steps: list[int] = []

    class Recording(text.Drawer):
        def generate(self, asks: Any, tell: Any) -> Any:
            def told(number: int, index: int, written: str) -> None:
                steps.append(number)
                worker.cancelled.add("a")
                tell(number, index, written)

            return super().generate(asks, told)

    worker = Worker({"m": Recording(model, CPU)}, out=None)  # type: ignore[arg-type]
    with pytest.raises(Abandoned):
        worker.made(worker.drawers["m"], "generate", [ASKS[0]], ["a"])
    assert steps == [-1]


def test_images_are_those_of_the_task(tmp_path: Path) -> None:
    torch.manual_seed(1)
    network = folder.build("tensors", "generator", images.SECTIONS["generator"], images.EXAMPLE)
    index = folder.described("image", "tensors", images.EXAMPLE)
    folder.save(tmp_path, {"generator": network}, images.SECTIONS, index)
    drawer = image.Drawer(tmp_path, CPU)
    asks = [Ask(n=2, seed=3), Ask(seed=4)]
    for ask, answers in zip(asks, drawer.generate(asks, silent), strict=True):
        wanted = image_samples.images(drawer.model, ask.n, ask.seed)
        for answer, picture in zip(answers, wanted, strict=True):
            assert torch.equal(out_of(base64.b64decode(answer["image"])), picture)
    with pytest.raises(PromptganError, match="is not told what to make"):
        drawer.check(Ask(("seven",)))


def test_labels_are_those_of_the_task(tmp_path: Path) -> None:
    tokens = [*SPECIAL_TOKENS, "<label bad>", "<label good>", "a", "film"]
    tokenizer = Tokenizer(models.WordLevel({token: n for n, token in enumerate(tokens)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens(tokens[:6])
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    body = {"kind": "cnn", "embedding": 4, "width": 4, "kernels": [1], "dropout": 0.0}
    section, example = {"network": "classifier", "labels": 2, "body": body}, Example(len(tokens), 6)
    encoder = folder.build("tokens", "encoder", section, example)
    index = folder.described("classification", "tokens", example)
    folder.save(
        tmp_path / "m",
        {"encoder": encoder},
        {"encoder": section},
        index,
        {"tokenizer.json": tmp_path / "tokenizer.json"},
    )
    drawer = classification.Drawer(tmp_path / "m", CPU)
    texts = ["a film", "film", "a a"]
    wanted = prediction.load(tmp_path / "m").probabilities(texts)
    found = [answer for group in drawer.classify([Ask(tuple(texts[:2])), Ask((texts[2],))]) for answer in group]
    for answer, row in zip(found, wanted, strict=True):
        assert list(answer["probabilities"].values()) == pytest.approx(row.tolist(), abs=1e-6)
        assert answer["label"] == drawer.model.labels[int(row.argmax())]
    with pytest.raises(PromptganError, match="text 1 is empty"):
        drawer.check(Ask((" ",)))


def test_sentences_are_put_into_the_style_that_each_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer = SimpleNamespace(encode_batch=lambda texts, **_: [SimpleNamespace(ids=text.split()) for text in texts])
    known = SimpleNamespace(styles=["negative", "positive"], tokenizer=tokenizer)

    def transfer(model: Any, sentences: list[str], styles: list[str], **settings: Any) -> list[str]:
        return [
            f"{one} {settings['seed']} {settings['temperature']} {each}"
            for each, one in zip(sentences, styles, strict=True)
        ]

    monkeypatch.setattr(style.samples, "load", lambda *_: known)
    monkeypatch.setattr(style.samples, "transfer", transfer)
    drawer = style.Drawer(Path("m"), CPU)
    asks = [Ask(("dull",), n=2, seed=3, style="positive"), Ask(("fun",), seed=4, style="negative")]
    found = [[answer["text"] for answer in group] for group in drawer.generate(asks, silent)]
    assert found == [["positive 3 0.1 dull"] * 2, ["negative 4 0.1 fun"]]
    with pytest.raises(PromptganError, match="knows no style 'odd'"):
        drawer.check(Ask(("dull",), style="odd"))
