"""Texts measured without a model: equal to the pipeline's own measures and to nltk, beside held-out real texts."""

import functools
import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu
from typer.testing import CliRunner, Result

from promptgan.cli import app
from promptgan.tasks.text.measures.embedded import Embedded, Space
from promptgan.tasks.text.measuring import Measured, TextsUnusable, measure, read
from promptgan.terms.words import segments


def write(path: Path, texts: list[str]) -> Path:
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Samples and real texts; to be read only."""
    folder, source = tmp_path_factory.mktemp("texts"), random.Random(0)
    things = ["tea", "rice", "soup", "bread", "it's", "Straße"]
    texts = [f"i {source.choice(['like', 'eat'])} {' and '.join(source.choices(things, k=3))}." for _ in range(60)]
    return write(folder / "samples.txt", texts[:20]), write(folder / "real.txt", texts[20:])


@pytest.fixture(scope="module")
def measured(files: tuple[Path, Path]) -> Callable[[bool], Measured]:
    """What is measured of them, tokenised or not; to be read only."""
    return functools.cache(lambda tokenised: measure(*files, None, tokenised=tokenised, order=3, seed=1))


def run(*arguments: object, code: int = 0) -> Result:
    result = CliRunner().invoke(app, ["evaluate-texts", *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result


def test_bleu_is_nltks_over_the_references_that_are_left(
    files: tuple[Path, Path], measured: Callable[[bool], Measured]
) -> None:
    (samples, real), found = files, measured(True)
    held = json.loads(run("--samples", samples, "--references", real, "--tokenised", "--json").stdout)
    assert held["samples"] == found.samples
    assert "references: 20 of 40; real: the other 20, seed 1" in found.signature[1]
    import numpy as np

    chosen = set(np.random.default_rng(1).permutation(40)[:20].tolist())
    rest = [text.split() for n, text in enumerate(read(real)) if n not in chosen]
    smooth = SmoothingFunction().method1
    expected = [sentence_bleu(rest, text.split(), [1 / 4] * 4, smooth) for text in read(samples)]
    assert found.samples["bleu_4"] == pytest.approx(sum(expected) / len(expected), abs=1e-4)


def test_words_are_those_of_every_measure_unless_they_are_tokenised(
    files: tuple[Path, Path], measured: Callable[[bool], Measured]
) -> None:
    own, tokenised = (measured(each).samples["words"] for each in (False, True))
    assert own == pytest.approx(sum(len(segments(text)) for text in read(files[0])) / 20, abs=1e-4)
    assert own > tokenised


def test_copies_are_counted_where_training_texts_are_given(
    files: tuple[Path, Path], measured: Callable[[bool], Measured], tmp_path: Path
) -> None:
    samples, real = files
    training = write(tmp_path / "train.txt", [*read(samples)[:5], "never said"])
    found = measure(samples, real, training, tokenised=False, order=3, seed=1)
    assert found.samples["copied"] >= 0.25
    assert found.samples["nearest_training"] < found.real["nearest_training"]
    assert "copied" not in measured(False).samples


def test_lines_that_belong_together_add_rouge_and_relevance(files: tuple[Path, Path], tmp_path: Path) -> None:
    from rouge_score.rouge_scorer import RougeScorer

    class Spaces:
        def tokenize(self, text: str) -> list[str]:
            return text.split()

    texts = read(files[1])
    samples = write(tmp_path / "paired.txt", ["", *texts[2:], "i like tea."])  # an empty answer keeps its line
    prompts = write(
        tmp_path / "asked.txt", [f"what about {text.split()[-1]}" for text in ["nothing", *texts[2:], "tea"]]
    )
    real = write(tmp_path / "answers.txt", texts)
    found = measure(samples, real, None, tokenised=True, order=3, seed=1, prompts=prompts, paired=True)
    scorer = RougeScorer(["rougeL"], tokenizer=Spaces())
    lines = ["", *texts[2:], "i like tea."]
    expected = [scorer.score(a, b)["rougeL"].fmeasure for a, b in zip(texts, lines, strict=True)]
    assert found.samples["rouge_l"] == pytest.approx(sum(expected) / len(expected), abs=1e-4)
    assert "rouge_l" not in found.real
    assert found.samples["relevance_embedding"] > 0.6 and "relevance_embedding" in found.real
    output = run("--samples", samples, "--references", real, "--paired", "--prompts", prompts).stdout
    assert "↑ rouge_l" in output and "→ relevance_embedding" in output and "↑ mauve_embedding" in output
    assert "frechet_embedding: left out, since 20 texts are not more than the 384 dimensions" in output
    short = write(tmp_path / "short.txt", texts[:-1])
    for paired, asked, name in ((True, None, "short"), (False, short, "short")):
        references = short if paired else real
        with pytest.raises(TextsUnusable, match=rf"40 line.*{name}\.txt has 39"):
            measure(samples, references, None, tokenised=True, order=3, seed=1, prompts=asked, paired=paired)


def test_no_more_samples_are_embedded_than_real_texts(
    files: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, see = [], Space.see

    def counting(space: Space, texts: list[str], prompts: list[str] | None = None) -> Embedded:
        seen.append(len(texts))
        return see(space, texts, prompts)

    monkeypatch.setattr(Space, "see", counting)
    many = write(tmp_path / "many.txt", read(files[0]) * 6)
    found = measure(many, files[1], None, tokenised=False, order=3, seed=1)
    assert "embeddings: of 20 samples, seed 1, and of all that are real" in found.signature
    assert seen == [20, 20]


def test_without_the_package_of_the_encoder_its_measures_are_left_out(
    files: tuple[Path, Path], measured: Callable[[bool], Measured], monkeypatch: pytest.MonkeyPatch
) -> None:
    from promptgan.tasks.text.measures import minilm

    with_it = measured(False)
    monkeypatch.setattr(minilm, "installed", lambda: False)
    without = measure(*files, None, tokenised=False, order=3, seed=1)
    assert with_it.samples.keys() - without.samples.keys() == {"mauve_embedding"}
    assert any(line.startswith("measures of embeddings: left out") for line in without.signature)


def test_the_table_says_which_way_is_better_and_how_it_was_measured(files: tuple[Path, Path]) -> None:
    output = run("--samples", files[0], "--references", files[1]).stdout
    assert "→ ms_jaccard" in output and "→ self_bleu_4" in output and "↓ length_distance" in output
    assert "- ms_jaccard: orders 1 to 4" in output


def test_lines_end_at_line_feeds_alone(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes("\ufeffone\u2028two\x0cthree\r\n\n four ".encode())
    assert read(tmp_path / "x") == ["one\u2028two\x0cthree", "four"]


@pytest.mark.parametrize("content", [b"", b"one\n", b"\xff\xfe"])
def test_what_cannot_be_measured_is_named(files: tuple[Path, Path], tmp_path: Path, content: bytes) -> None:
    (tmp_path / "odd.txt").write_bytes(content)
    with pytest.raises(TextsUnusable, match=r"odd\.txt"):
        measure(tmp_path / "odd.txt", files[1], None, tokenised=False, order=3, seed=1)
    assert run("--samples", tmp_path / "gone", "--references", files[1], code=1).stderr.startswith("error: ")
