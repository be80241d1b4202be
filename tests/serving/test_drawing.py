"""A served model of each task gives what its own room gives, whoever else is asked for beside it."""

import base64
import io
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from PIL import Image
from tokenizers import Tokenizer, models, pre_tokenizers

from promptgan.applications.explanation import explained
from promptgan.core.errors import PromptganError
from promptgan.forms.tokens.example import Example
from promptgan.forms.tokens.vocabulary import SPECIAL_TOKENS
from promptgan.media.music.midi import write_midi
from promptgan.media.music.piece import Note, Piece, Voice
from promptgan.media.music.roll import NARROWEST
from promptgan.networks import folder
from promptgan.serving.asks import Ask, Normalised
from promptgan.serving.drawing import classification, image, music, style, text
from promptgan.serving.files import FILES, MIDI
from promptgan.serving.worker import Abandoned, Worker
from promptgan.tasks.classification.samples import prediction
from promptgan.tasks.image.samples import samples as image_samples
from promptgan.tasks.image.samples.pictures import out_of
from promptgan.tasks.music.samples import requests as music_requests
from promptgan.tasks.music.samples import samples as music_samples
from promptgan.tasks.text.samples import samples as text_samples
from tests.conftest import EXAMPLE
from tests.tasks.image import conftest as images
from tests.tasks.music.models import write_model as write_music

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


def test_a_score_is_what_is_explained_of_longer_texts_too(model: Path) -> None:
    prompt, said = "do you buy the tea", "do you cook the rice soup bread " * 3
    ((answer,),) = text.Drawer(model, CPU).score([Ask((prompt,), (said,))])
    assert answer["score"] == pytest.approx(explained(model, prompt, said).logit, abs=1e-4)


def test_an_answer_has_the_score_that_the_pair_is_given_when_asked_for(model: Path) -> None:
    drawer, prompt = text.Drawer(model, CPU), "do you buy the tea"
    (answers,) = drawer.generate([Ask((prompt,), n=64, seed=1, temperature=1.5, top_p=1.0)], silent)
    scored = drawer.score([Ask((prompt,) * 64, tuple(answer["text"] for answer in answers))])[0]
    assert [answer["score"] for answer in answers] == pytest.approx([one["score"] for one in scored], abs=1e-3)


def test_what_people_type_is_read_as_records_have_it(model: Path) -> None:
    worker = Worker({"m": text.Drawer(model, CPU)}, out=None)  # type: ignore[arg-type]
    plain, typed = "do you buy the tea", "\ufeffdo you buy\u00a0the te\u200ba"

    def told(kind: str, *asks: Ask) -> list[Any]:
        ids = [str(number) for number in range(len(asks))]
        return worker.answers({"model": "m", "kind": kind, "ids": ids, "asks": [asdict(ask) for ask in asks]})

    first, again, empty = told("generate", *(Ask((each,), seed=3) for each in (plain, typed, "\u200b")))
    assert first == again
    assert "a prompt is empty" in empty["problem"]
    first, again = told("score", Ask((plain,), ("the rice soup",)), Ask((typed,), ("the\u200b rice  soup",)))
    assert first == again
    normalised = {each for each in (text, style, classification, image, music) if issubclass(each.Drawer, Normalised)}
    assert normalised == {text, style, classification}, "records of the others are as they came"


def test_most_tokens_cut_an_answer(model: Path) -> None:
    drawer = text.Drawer(model, CPU)
    (whole,), (cut,) = drawer.generate([Ask(("fish",), seed=3), Ask(("fish",), seed=3, max_tokens=2)], silent)
    assert (cut["tokens"], cut["ended"]) == (2, False)
    assert whole["text"].startswith(cut["text"])
    assert whole["tokens"] > 2
    drawer.limit = 2
    ((cut,),) = drawer.generate([Ask(("fish",), seed=3, max_tokens=256)], silent)
    assert (cut["tokens"], cut["ended"]) == (2, False), "the model's own limit cuts too"


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


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sound is made by the synthesiser, which is the quicker one."""
    monkeypatch.setattr("promptgan.media.music.sound.SOUNDFONTS", ())


def files_of(answers: list[Any], folder: Path, types: dict[str, str]) -> None:
    """Compare answers with files that are called by their numbers."""
    for number, answer in enumerate(answers, start=1):
        for ending, kind in types.items():
            assert FILES[MIDI][kind](answer) == (folder / f"{number}.{ending}").read_bytes(), ending


NOTATION = {"mid": MIDI, "musicxml": "application/vnd.recordare.musicxml+xml", "svg": "image/svg+xml"}


@pytest.mark.usefixtures("quick")
def test_music_is_that_of_the_task_in_every_format(tmp_path: Path) -> None:
    folder = write_music(tmp_path / "m", "key")
    drawer = music.Drawer(folder, CPU)
    asks = [Ask(("C major 4/4",), n=2, seed=3, bars=3), Ask(("G minor 4/4",), seed=4)]
    several, (single,) = drawer.generate(asks, silent)
    music_samples.make(folder, 2, 3, ["C major 4/4"], bars=3, out=tmp_path / "several")
    music_samples.make(folder, 1, 4, ["G minor 4/4"], out=tmp_path / "single")
    files_of(several, tmp_path / "several", {**NOTATION, "wav": "audio/wav"})
    files_of([single], tmp_path / "single", {**NOTATION, "wav": "audio/wav"})
    picture = Image.open(io.BytesIO(FILES[MIDI]["image/png"](several[0])))
    colours = {colour for _, colour in picture.getcolors(10_000) or ()}
    assert picture.width == 2 * (34 + NARROWEST + 1)  # of three bars
    assert {(0, 114, 178), (255, 255, 255)} < colours, "the first voice's, and paper"


@pytest.mark.usefixtures("quick")
def test_a_file_is_harmonised_as_the_task_does(tmp_path: Path) -> None:
    voices = (Voice("Tune", tuple(Note(24 * i, 24, 67 + i % 5) for i in range(20))),)
    (tmp_path / "tune.mid").write_bytes(write_midi(Piece("G major", "4/4", 80.0, 480, voices)))
    folder = write_music(tmp_path / "m", "melody")
    midi = base64.b64encode((tmp_path / "tune.mid").read_bytes()).decode()
    (answers,) = music.Drawer(folder, CPU).generate([Ask(midi=midi, n=2, seed=5, bars=2)], silent)
    music_requests.harmonise(folder, tmp_path / "tune.mid", tmp_path / "wanted", n=2, bars=2, seed=5)
    files_of(answers, tmp_path / "wanted", {name: NOTATION[name] for name in ("mid", "musicxml")})


def test_what_no_music_answers_is_refused_and_costs_the_others_nothing(tmp_path: Path) -> None:
    long = write_midi(
        Piece("C major", "4/4", 90.0, 96 * 40, (Voice("Tune", (Note(0, 24, 60), Note(96 * 39, 96, 60))),))
    )
    slow = write_midi(Piece("C major", "4/4", 4.0, 96 * 24, (Voice("Tune", (Note(96 * 23, 96, 60),)),)))
    broken, long_, slow = (base64.b64encode(each).decode() for each in (b"MThd", long, slow))
    for kind, ask, said in (
        ("key", Ask(), "names no key and metre"),
        ("key", Ask(("H dur 4/4",)), "names no key: H dur"),
        ("key", Ask(midi=broken), "answers no file"),
        ("melody", Ask(midi=broken), "cannot be read"),
        ("melody", Ask(midi="%"), "no base64"),
        ("melody", Ask(midi="é"), "no base64"),
        ("melody", Ask(midi=long_), "has 40 bars"),
        ("melody", Ask(midi=slow), "plays 1440 s"),
        ("melody", Ask(("harmonise C major 4/4 | v1=67",), bars=2), "leave out bars"),
        ("melody", Ask(("C major 4/4",), midi=long_), "a prompt and a file"),
    ):
        if not (folder := tmp_path / kind).exists():
            write_music(folder, kind)
        with pytest.raises(PromptganError, match=said):
            music.Drawer(folder, CPU).check(ask)
    worker = Worker({"m": music.Drawer(tmp_path / "key", CPU)}, out=None)  # type: ignore[arg-type]
    asks = [asdict(Ask((prompt,), seed=1)) for prompt in ("C major 5/4", "C major 4/4")]
    unknown, answered = worker.answers({"model": "m", "kind": "generate", "ids": ["a", "b"], "asks": asks})
    assert "holds what the model does not know: 5/4" in unknown["problem"]
    assert answered["answers"] == worker.drawers["m"].generate([Ask(("C major 4/4",), seed=1)], silent)[0]


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
