"""From feedback to the next version: exported, trained from the model that serves, compared, promoted, rolled back."""

import json
import sys
from pathlib import Path

import pandas as pd
import pytest

from promptgan.serving.log import Feedback, Log
from tests.pipeline.clone import DVC, Clone

PROGRAM = "import sys; sys.path.insert(0, 'src'); from promptgan.cli import main; main()"
COUNT = 160
PLACES = ("harbour", "market", "station", "garden", "tower")


def promptgan(clone: Clone, *arguments: str) -> str:
    return clone.run(sys.executable, "-c", PROGRAM, *arguments)


def say(clone: Clone) -> None:
    """Feedback of people who ask about what the data knows nothing of."""
    log = Log(clone.path / ".promptgan/serving/log.sqlite")
    for n in range(COUNT):
        prompt = f"where is the {PLACES[n % 5]} number {n}?"
        right = f"the {PLACES[n % 5]} is behind the old bridge, to the {('left', 'right')[n % 2]} of it."
        log.append(Feedback(f"f{n}", f"r{n}", n, "chat", prompt, "no idea", -1, right, 1, "page"))
    log.append(Feedback("secret", "r-secret", 0, "chat", "a secret?", "yes", 1, None, 0, "page"))
    log.close()


def splits(clone: Clone) -> dict[str, str]:
    """The split of each record, by what it says; of those that are usable."""
    frames = {
        name: pd.read_parquet(clone.path / f"data/validated/{name}.parquet")
        for name in ("train", "val", "test", "judge")
    }
    return {f"{row.prompt}|{row.text}": name for name, frame in frames.items() for row in frame.itertuples()}


def learn_on(clone: Clone) -> dict[str, object]:
    """What the pages tell a newcomer to do, in their order; what the second `promote` said of the comparison."""
    assert "the first version" in promptgan(clone, "promote")
    before = splits(clone)
    say(clone)
    assert f"{COUNT} pair(s)" in promptgan(clone, "feedback", "list")
    promptgan(clone, "feedback", "export")
    clone.git("add", "--all")
    clone.git("commit", "--quiet", "--message", "feedback")
    clone.run(*DVC, "repro")
    clone.git("add", "--all")
    clone.git("commit", "--quiet", "--message", "the successor")
    after = splits(clone)
    assert {key: after.get(key) for key in before} == before, "adding feedback moved an old record"
    assert len(after) > len(before) + COUNT * 0.9
    assert not [key for key in after if key.startswith("a secret?")]
    said = promptgan(clone, "promote", "--json", "--force", "a test")
    document: dict[str, object] = json.JSONDecoder().raw_decode(said[said.index("{\n") :])[0]
    return document


@pytest.mark.slow
def test_a_successor_is_trained_compared_promoted_and_rolled_back(finished: Clone, tmp_path: Path) -> None:
    clone = finished.copy(tmp_path / "clone")
    document = learn_on(clone)
    assert document["new"]["successor"] < document["new"]["serving"] - 2 * document["new"]["error"]  # type: ignore[index]
    pretrain = pd.read_csv(clone.path / "plots/pretrain.csv")
    assert pretrain["val_loss_new"].iloc[-1] < pretrain["val_loss_new"].iloc[0]
    assert clone.git("tag", "--list", "generator*").split() == [
        "generator#production#1", "generator#production#2", "generator@v0.1.0", "generator@v0.2.0"]  # fmt: skip
    served = (clone.path / "models/production/generator.safetensors").read_bytes()
    assert served == (clone.path / "models/adversarial/generator.safetensors").read_bytes()
    assert "generator@v0.1.0 is in production" in promptgan(clone, "rollback", "--reason", "a test")
    assert (clone.path / "models/production/generator.safetensors").read_bytes() != served
    shown = clone.run(*DVC, "artifacts", "get", ".", "generator", "--stage", "production", "--out", "got")
    assert (clone.path / "got/generator.safetensors").read_bytes() != served, shown
