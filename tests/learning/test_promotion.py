"""Versions and stages as tags: none is moved, the last one counts, going back goes further back."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from promptgan.cli import app
from promptgan.learning import promotion, trial
from promptgan.learning.trial import Measured, Trial
from promptgan.lineage import cache
from promptgan.lineage.records import versions
from promptgan.serving.places import Place
from tests.lineage.records.conftest import repository
from tests.lineage.records.repository import STAGES, Repository

__all__ = ["repository"]


@pytest.fixture(autouse=True)
def _trains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(STAGES, "train", (["data/tokens"], ["models/adversarial"]))
    for key, value in {"NAME": "a", "EMAIL": "a@b.c"}.items():
        for who in ("AUTHOR", "COMMITTER"):
            monkeypatch.setenv(f"GIT_{who}_{key}", value)
    finish = Repository.finish

    def with_model(self: Repository) -> Repository:
        count = len(self.tables["train"])
        self.write("models/adversarial/index.json", f'{{"made of": {count}}}')
        self.write("reports/html/README.md", f"card of {count}")
        return finish(self)

    monkeypatch.setattr(Repository, "finish", with_model)


def command(*arguments: str, code: int = 0) -> Result:
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == code, done.output
    return done


def another(repository: Repository) -> str:
    repository.tables["train"].append((f"new-{len(repository.tables['train'])}", "g", "a new prompt", "a new text"))
    repository.finish().commit()
    return repository.git("rev-parse", "HEAD")


def test_versions_are_counted_and_the_last_assignment_serves(repository: Repository) -> None:
    first = promotion.trained_commit()
    assert promotion.serving() is None
    assert promotion.promote(first, "the first").tag == "generator#production#1"
    second = another(repository)
    now = promotion.promote(second, "gains 2 %")
    assert (now.version, now.commit, now.said) == ("generator@v0.2.0", second, "promoted: gains 2 %")
    assert promotion.serving() == now
    assert promotion.serving("shadow") is None
    assert "gains 2 %" in repository.git("tag", "--list", "--format=%(contents)", "generator@v0.2.0")


def test_a_commit_has_one_version_in_whatever_stage(repository: Repository) -> None:
    commit = promotion.trained_commit()
    promotion.promote(commit, "tried", "shadow")
    assert promotion.promote(commit, "holds").version == "generator@v0.1.0"


def test_back_and_back_again_and_forward(repository: Repository) -> None:
    commits = [promotion.trained_commit(), another(repository), another(repository)]
    for commit in commits:
        promotion.promote(commit, "it gains")
    assert promotion.rollback("worse").commit == commits[1]
    assert promotion.rollback("worse too").commit == commits[0]
    with pytest.raises(promotion.NothingBefore, match="is the first"):
        promotion.rollback("no way")
    promotion.promote(commits[2], "it was not that bad")
    assert promotion.rollback("it was").commit == commits[0]
    assert len(promotion.history()) == 7, "no assignment is ever lost"


def test_more_than_nine_assignments_are_in_order(repository: Repository) -> None:
    commit = promotion.trained_commit()
    for _ in range(11):
        promotion.promote(commit, "again")
    assert promotion.serving().tag == "generator#production#11"  # type: ignore[union-attr]


def test_nothing_is_rolled_back_where_nothing_was_promoted(repository: Repository) -> None:
    with pytest.raises(promotion.NothingBefore, match="no version"):
        promotion.rollback("why not")
    with pytest.raises(promotion.WrongStage):
        promotion.history("Prod uction")


def test_what_is_not_committed_is_not_promoted(repository: Repository) -> None:
    repository.tables["train"].append(("new", "g", "a prompt", "a text"))
    repository.finish()
    with pytest.raises(promotion.NotCommitted, match=r"dvc\.lock"):
        promotion.trained_commit()


def test_the_model_of_a_version_is_written_whole_in_the_place_of_another(repository: Repository) -> None:
    first = promotion.trained_commit()
    second = another(repository)
    out = Path("models/production")
    promotion.model_at(first, out)
    assert (out / "README.md").read_text() == "card of 12"
    (out / "stray").write_text("left")
    promotion.model_at(second, out)
    assert (out / "README.md").read_text() == "card of 13" == Place("production", out).card
    assert (out / "index.json").read_text() == '{"made of": 13}' and not (out / "stray").exists()
    assert [path.name for path in out.parent.glob("production*")] == ["production"]


def test_a_model_that_the_cache_lacks_leaves_what_serves(repository: Repository) -> None:
    first, out = promotion.trained_commit(), Path("models/production")
    promotion.model_at(first, out)
    repository.object(repository.md5("models/adversarial/index.json")).unlink()
    with pytest.raises(promotion.ModelNotHere, match="dvc fetch"):
        promotion.model_at(first, out)
    assert (out / "index.json").is_file()


def test_the_commands_follow_the_verdict(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*arguments: str, code: int = 0) -> str:
        return command(*arguments, code=code).stdout

    assert "there is none to compare with" in run("promote")
    shutil.rmtree("models/production")
    assert "is in production already" in run("promote")
    assert Path("models/production/index.json").is_file()
    another(repository)
    same, gain = Measured(100, 2.0, 2.0, 0.01), Measured(100, 2.0, 1.8, 0.05)
    monkeypatch.setattr(trial, "trial", lambda serving, successor, log: Trial(same, same, 100))
    assert "verdict: not promoted" in run("promote", code=1)
    assert len(promotion.history()) == 1
    monkeypatch.setattr(trial, "trial", lambda serving, successor, log: Trial(same, gain, 100))
    assert "verdict: would be promoted" in run("promote", "--dry-run")
    assert len(promotion.history()) == 1
    said = run("promote", "--json")
    assert "generator@v0.2.0 is in production" in said and '"promote": true' in said
    assert Path("models/production/index.json").read_text() == '{"made of": 13}'
    assert "a gain" in repository.git("tag", "--list", "--format=%(contents)", "generator#production#2")
    assert "generator@v0.1.0 is in production" in run("rollback", "--reason", "shorter answers")
    assert Path("models/production/index.json").read_text() == '{"made of": 12}'
    monkeypatch.setattr(trial, "trial", lambda serving, successor, log: Trial(same, None, 3))
    run("promote", "--force", "the old one must go")
    assert (served := promotion.serving()) and served.said.startswith(
        "promoted: forced, the old one must go; forgetting"
    )
    assert (
        "no version was ever promoted"
        in CliRunner().invoke(app, ["rollback", "--reason", "r", "--stage", "shadow"]).stderr
    )


def test_two_commits_with_one_model_are_not_compared(repository: Repository) -> None:
    first = promotion.trained_commit()
    repository.write("README.md", "more")
    repository.commit()
    with pytest.raises(trial.NotComparable, match="very model"):
        trial.trial(first, promotion.trained_commit(), Path("none"))


def test_a_promotion_that_was_stopped_before_the_model_was_written_is_made_good(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    command("promote")
    second = another(repository)
    promotion.promote(second, "the tags are set, and then it was killed")
    command("promote")
    assert Path("models/production/index.json").read_text() == '{"made of": 13}'


def test_a_rollback_that_was_stopped_goes_back_once(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    command("promote")
    promotion.promote(another(repository), "it gains")
    command("promote")
    with monkeypatch.context() as patch:
        patch.setattr(promotion, "model_at", lambda commit, out: (_ for _ in ()).throw(KeyboardInterrupt))
        CliRunner().invoke(app, ["rollback", "--reason", "worse"])
    command("rollback", "--reason", "worse")
    assert [each.version for each in promotion.history()] == [f"generator@v0.{n}.0" for n in (1, 2, 1)]
    assert Path("models/production/index.json").read_text() == '{"made of": 12}'


def test_no_tag_is_set_for_a_model_that_is_not_here(repository: Repository) -> None:
    command("promote")
    promotion.promote(another(repository), "now")
    repository.object(cached := repository.md5("models/adversarial/index.json")).unlink()
    first = promotion.history()[0].commit
    tags = repository.git("tag")
    with pytest.raises(promotion.ModelNotHere):
        promotion.promote(promotion.trained_commit(), "again", "staging")
    repository.object(cache.listing(promotion.model_md5(first))["index.json"]).unlink()  # type: ignore[index]
    assert "dvc fetch" in command("rollback", "--reason", "worse", code=1).stderr
    assert repository.git("tag") == tags and cached


def test_each_stage_has_a_folder_and_no_folder_of_something_else_is_replaced(repository: Repository) -> None:
    command("promote", "--stage", "staging")
    assert Path("models/staging/index.json").is_file() and not Path("models/production").exists()
    refused = command("promote", "--out", "data/tokens", code=1)
    assert "what a stage writes" in command("promote", "--out", "models/adversarial", code=1).stderr
    assert "what a stage writes" in command("promote", "--out", f"{Path.cwd()}/models/adversarial", code=1).stderr
    assert "data/tokens holds no model" in refused.stderr and not repository.git("tag", "--list", "*production*")
    assert Path("data/tokens").is_dir()


def test_lineage_tells_which_version_a_folder_holds(repository: Repository) -> None:
    command("promote")
    first = promotion.trained_commit()
    another(repository)
    chain = json.loads(command("lineage", "show", "models/production", "--json").output)
    told = {"version": "generator@v0.1.0", "assigned": ["generator#production#1"], "serves": ["production"]}
    assert told.items() <= chain["target"].items()
    assert chain["target"]["commit"]["newest"]["id"] == first
    assert [stage["stage"] for stage in chain["stages"]][-1] == "download"
    assert json.loads(command("lineage", "show", f"{Path.cwd()}/models/production", "--json").output) == chain
    command("lineage", "show", f"{Path.cwd()}/models/adversarial")
    Path("models/production/index.json").write_text("{}")
    refused = command("lineage", "show", "models/production", code=1).stderr
    assert "models/production" in refused and "of no version" in refused


def test_force_overrules_that_two_models_cannot_be_compared(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    command("promote")
    another(repository)

    read = versions.concatenated
    monkeypatch.setattr(versions, "concatenated", lambda *of: read(*of).rename(columns={"text": "image"}))
    assert "the records have no text" in command("promote", code=1).stderr
    command("promote", "--force", "read by people")
    assert (served := promotion.serving()) and "read by people; not compared: the records have no text" in served.said


def test_a_run_without_an_adversarial_model_is_no_version(repository: Repository) -> None:
    repository.write("models/adversarial/index.json", '{"kind": "none", "reason": "train.method is none"}')
    repository.lock()
    repository.commit()
    assert "train.method is none" in command("promote", code=1).stderr and not repository.git("tag")
