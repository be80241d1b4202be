"""A new task is its own files: with them added, the pipeline and every command know it, and nothing else differs."""

import hashlib
import random
import shutil

import pytest

from tests.pipeline.clone import ROOT, Clone
from tests.pipeline.closure import closure
from tests.pipeline.test_closure import STAGES, covers, is_code, resolved

TOY = ROOT / "tests/pipeline/toy"
MADE = {"params.yaml", "dvc.lock", "metrics", "plots", "data/own"}
"""What a run changes, and where the data lies."""


@pytest.fixture(scope="module")
def toy(source: Clone, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A clone with the toy's files and a committed run of it."""
    clone = source.fresh(tmp_path_factory.mktemp("toy") / "clone")
    shutil.copytree(TOY, clone.path, dirs_exist_ok=True)
    starts = random.Random(0).choices(range(6), k=300)
    lines = "".join(" ".join(str(first + i) for i in range(5)) + "\n" for first in starts)
    content = hashlib.sha256(lines.encode()).hexdigest()
    recipe = clone.path / "recipes/numbers.yaml"
    recipe.write_text(recipe.read_text().replace("CONTENT", content))
    (clone.path / "data/own" / content).mkdir(parents=True)
    (clone.path / "data/own" / content / "counting.txt").write_text(lines)
    clone.promptgan("use", "numbers", "--device", "cpu")
    clone.dvc("repro")
    clone.git("add", "--all")
    clone.git("commit", "--quiet", "--message", "a run of the toy")
    return clone


@pytest.mark.slow
def test_nothing_but_the_added_files_differs(toy: Clone) -> None:
    changed = set(toy.git("diff", "--name-only", "HEAD~1").split())
    added = {path.relative_to(TOY).as_posix() for path in TOY.rglob("*") if path.is_file()}
    added = {name for name in added if "__pycache__" not in name}
    assert added <= changed
    assert not {name for name in changed - added if not any(name == m or name.startswith(f"{m}/") for m in MADE)}


@pytest.mark.slow
def test_its_stages_declare_what_they_import(toy: Clone) -> None:
    for name, stage in STAGES.items():
        declared = {path for path in resolved(stage["deps"], toy.params) if is_code(path)}
        used = closure(name, toy.params, toy.path)
        assert used == set().union(*(covers(path, used) for path in declared)), name


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["show"], "right"),
        (["exp", "show"], "right"),
        (["lineage", "show", "models/adversarial"], "counting"),
        (["lineage", "verify"], "every link holds"),
        (["compare", "numbers"], "recorded in results/numbers.json"),
    ],
)
def test_every_command_knows_it(command: list[str], words: str, toy: Clone) -> None:
    assert words in toy.promptgan(*command)


@pytest.mark.slow
def test_the_page_and_the_card_show_it(toy: Clone) -> None:
    page = (toy.path / "reports/html/index.html").read_text(encoding="utf-8")
    assert "Counting, learnt from counting" in page and "Share of continuations that count on." in page
    assert "digit_distance" in (toy.path / "reports/html/README.md").read_text(encoding="utf-8")
