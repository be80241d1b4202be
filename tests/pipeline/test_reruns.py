"""What runs again after a change, and what does not."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pipeline.clone import Clone

TRAINERS = ("pretrain", "train", "control", "judges")
ERROR = '\n\nclass Unforeseen(Exception):\n    """Something new."""\n'


@pytest.fixture(scope="module")
def changed_often(finished: Clone, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    return finished.copy(tmp_path_factory.mktemp("reruns") / "clone")


@pytest.fixture
def clone(changed_often: Clone) -> Clone:
    """A finished clone as it was committed."""
    changed_often.git("checkout", "--quiet", "--", ".")
    changed_often.git("clean", "--quiet", "--force", "-d", "src", "recipes")
    return changed_often


def stale(clone: Clone) -> set[str]:
    """The stages that would run."""
    return set(json.loads(clone.dvc("status", "--json").splitlines()[-1]))


def append(name: str, text: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        with (root / name).open("a", encoding="utf-8") as file:
            file.write(text)

    return change


def replace(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        text = (root / name).read_text(encoding="utf-8")
        assert text.count(old) == 1
        (root / name).write_text(text.replace(old, new), encoding="utf-8")

    return change


def copy(old: str, new: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        if (root / old).is_dir():
            shutil.copytree(root / old, root / new)
        else:
            shutil.copy(root / old, root / new)

    return change


def a_new_parameter(root: Path) -> None:
    replace("params.yaml", "jackknife_groups:", "novelty: 1\n  jackknife_groups:")(root)
    replace(
        "src/promptgan/tasks/text/measures/parameters.py",
        "jackknife_groups: int",
        "novelty: int\n    jackknife_groups: int",
    )(root)


NETWORKS = "src/promptgan/networks/tokens"
CHANGES: dict[str, tuple[Callable[[Path], None], set[str]]] = {
    "a comment in params.yaml": (append("params.yaml", "# a thought\n"), set()),
    "a new network": (copy(f"{NETWORKS}/recurrent", f"{NETWORKS}/novel"), set()),
    "a new recipe": (copy("recipes/text-hinge.yaml", "recipes/novel.yaml"), set()),
    "an error class of the tools": (append("src/promptgan.tasks.text.own_data.py", ERROR), set()),
    "an error class of the evaluation": (append("src/promptgan/tasks/text/measures/measures.py", ERROR), {"evaluate"}),
    "an evaluation parameter": (replace("params.yaml", "jackknife_groups: 4", "jackknife_groups: 5"), {"evaluate"}),
    "a new parameter of the evaluation": (a_new_parameter, {"evaluate"}),
    "the wording of the page": (append("src/promptgan/tasks/text/page.py", ERROR), {"report"}),
    "another objective": (replace("params.yaml", "objective: non_saturating", "objective: hinge"), {"train"}),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_makes_stale_what_depends_on_it_and_nothing_else(name: str, clone: Clone) -> None:
    change, expected = CHANGES[name]
    change(clone.path)
    assert stale(clone) == expected


@pytest.mark.slow
def test_switching_and_back_restores_everything_without_training(clone: Clone) -> None:
    def metrics() -> dict[str, bytes]:
        paths = [*(clone.path / "metrics").glob("*.json"), *(clone.path / "plots").glob("*.csv")]
        return {path.name: path.read_bytes() for path in paths}

    params, lock, before = (clone.path / "params.yaml").read_bytes(), clone.lock(), metrics()
    clone.set("train.objective", "hinge")
    clone.set("evaluate.jackknife_groups", 5)
    clone.dvc("repro")
    assert metrics() != before
    (clone.path / "params.yaml").write_bytes(params)
    said = clone.dvc("repro")
    ran = [line for line in said.splitlines() if line.startswith("Running stage")]
    assert not ran, said
    assert "Stage 'train' is cached" in said
    assert (clone.lock(), metrics()) == (lock, before)
    assert stale(clone) == set()
