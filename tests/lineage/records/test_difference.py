"""What is found between two versions of the validated records, and how it is shown."""

import json
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from promptgan.commands.data import app
from promptgan.lineage import lock
from promptgan.lineage.records import difference, versions
from promptgan.lineage.records.difference import Difference
from promptgan.quality import exclusions
from tests.lineage.records.repository import Repository


def run(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, ["diff", *arguments])
    assert result.exit_code == code, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def compared(before: str = "HEAD", after: str | None = None) -> Difference:
    return Difference(versions.read(before), versions.read(after))


def change(repository: Repository) -> None:
    """Two records more, one less, three changed, one to quarantine, one out of it, three to another split."""
    train = repository.tables["train"]
    train[0] = (*train[0][:3], "an <b>other</b> text")
    train[1] = (train[1][0], "another-group", *train[1][2:])
    caught = train.pop(2)
    train.pop(2)
    train += [("new-1", "g", "what is new?", "nothing at all"), ("new-2", "g", "what else?", "nothing")]
    released = repository.tables["quarantine"].pop()
    repository.tables["quarantine"].append((*caught, "too-long", "has more words than are allowed"))
    train.append((*released[:2], '"spaced" out', "well"))
    repository.tables["val"] += repository.tables["test"][:3]
    del repository.tables["test"][:3]
    repository.finish()


def test_every_kind_of_change_is_counted(repository: Repository) -> None:
    change(repository)
    found = compared()
    assert found.counts == {
        "added": 2, "removed": 1, "changed": 3, "to_quarantine": 1, "from_quarantine": 1, "between_splits": 3
    }  # fmt: skip
    assert found.columns == {"group": 1, "text": 2}
    assert found.splits.loc["train"].to_dict() == {
        "before": 12, "after": 13, "added": 2, "removed": 1, "moved_in": 1, "moved_out": 1, "changed": 2
    }  # fmt: skip
    assert (found.splits.at["val", "moved_in"], found.splits.at["test", "moved_out"]) == (3, 3)
    assert found.rules.to_dict("index") == {
        "empty-side": {"before": 1, "after": 0, "caught": 0, "released": 1},
        "too-long": {"before": 0, "after": 1, "caught": 1, "released": 0},
    }


def test_counts_add_up_in_every_split(repository: Repository) -> None:
    change(repository)
    splits = compared().splits
    came, went = splits["added"] + splits["moved_in"], splits["removed"] + splits["moved_out"]
    assert (splits["after"] == splits["before"] + came - went).all()


def test_examples_show_where_a_record_is_and_what_it_was(repository: Repository) -> None:
    change(repository)
    examples = compared().examples(5)
    first = examples["changed"][0]
    assert (first["id"], first["place"], first["text"]) == ("train-0000", "train", "an <b>other</b> text")
    assert first["former text"].startswith("train turn 0 1")
    assert examples["to_quarantine"][0]["place"] == "train -> quarantine"
    assert examples["to_quarantine"][0]["reason"] == "too-long: has more words than are allowed"
    assert examples["from_quarantine"][0]["former reason"].startswith("empty-side")
    assert len(compared().examples(1)["added"]) == 1


def test_what_quarantine_keeps_as_it_came_is_no_change_of_the_record(repository: Repository) -> None:
    caught = repository.tables["train"].pop(0)
    as_it_came = (*caught[:2], f"  {caught[2]}", caught[3], "too-long", "has more words than are allowed")
    repository.tables["quarantine"].append(as_it_came)
    repository.finish()
    assert compared().counts["to_quarantine"] == 1
    assert compared().counts["changed"] == 0


def test_what_quarantine_holds_does_not_reach_the_terminal_as_it_came(repository: Repository) -> None:
    caught = ("new-1", "g", "what is \x1b[2Jnew?", "nothing", "too-long", "has more words than are allowed")
    repository.tables["quarantine"].append(caught)
    repository.finish()
    said = run("HEAD").output
    assert r"what is \x1b[2Jnew?" in said and "\x1b" not in said


def test_removed_records_that_are_excluded_are_told_apart(repository: Repository) -> None:
    del repository.tables["train"][5]
    repository.write("data/excluded.csv", "data,id,reason\ntalk,train-0000,\nother,train-0001,\n")
    repository.tables["train"].append(("train-0001b", "g", "a", "b"))
    repository.tables["train"] = [row for row in repository.tables["train"] if row[0] != "train-0001"]
    repository.finish()
    found = compared()
    assert (found.counts["removed"], found.excluded) == (3, 1)
    said = difference.verdict(found)
    assert "(1 of the removed is excluded by data/excluded.csv, and so neither read nor quarantined)" in said


def test_the_causes_are_what_the_two_validations_did_not_share(repository: Repository) -> None:
    repository.parameters = {"task": "text", "data": {"name": "talk"}, "validate": {"max_text_words": 12}}
    repository.write("data/excluded.csv", "data,id,reason\ntalk,train-0000,\n")
    repository.finish()
    assert set(compared().causes) >= {
        "validate.max_text_words: 20 -> 12",
        "validate.near_duplicates.threshold: 0.8 -> (nothing)",
        "data/excluded.csv: other content",
    }
    assert not any(cause.startswith("data/raw") for cause in compared().causes)


def test_labels_are_compared_where_either_version_has_them(repository: Repository) -> None:
    for split in ("train", "val", "test", "judge"):
        rows = repository.tables[split]
        repository.tables[split] = [(*row, "a" if i % 2 else "b") for i, row in enumerate(rows)]
    repository.finish()
    assert [each for each in compared().shift.measures if each.name.startswith("label")] == [
        ("label b", 0, 0.5, None), ("label a", 0, 0.5, None), ("labels", 0, 2, 1.0)
    ]  # fmt: skip
    assert compared().columns == {"label": 48}


def test_other_data_altogether_is_said_and_still_compared_as_a_whole(repository: Repository) -> None:
    for split, rows in repository.tables.items():
        repository.tables[split] = [(f"other-{row[0]}", row[1], f"well {row[2]}", *row[3:]) for row in rows]
    repository.parameters["data"] = {"name": "verses"}
    repository.title = "verses 2.0"
    repository.finish()
    output = run("HEAD").output
    assert "No record is in both: these are different data sets altogether" in output
    assert "words that gained most: well" in output
    assert "added, 5 of" not in output
    assert (
        run("HEAD", "--brief").output
        == "data is another since HEAD: talk 1.0 -> verses 2.0; promptgan data diff HEAD compares them\n"
    )


def test_two_revisions_and_an_experiment_by_its_name(repository: Repository) -> None:
    repository.tables["train"].append(("new-1", "g", "what is new?", "nothing at all"))
    repository.finish().commit()
    repository.git("update-ref", "refs/exps/12/3456/brave-toad", "HEAD")
    repository.git("reset", "--quiet", "--hard", "HEAD~1")
    assert compared("HEAD", "brave-toad").counts["added"] == 1
    assert compared("brave-toad", "HEAD").counts["removed"] == 1
    assert "did you mean brave-toad?" in run("brave-toat", code=1).stderr


def test_what_the_cache_lacks_is_named_with_the_way_to_get_it(repository: Repository, tmp_path: Path) -> None:
    repository.remote(tmp_path / "remote")
    repository.dvc("push")
    former = repository.object(repository.md5("data/validated/train.parquet"))
    change(repository)
    repository.commit()
    former.unlink()
    error = run("HEAD~1", code=1).stderr
    assert "data/validated of HEAD~1: DVC's cache does not hold its train.parquet" in error
    assert "run `dvc fetch --all-commits data/validated`" in error
    line = run("HEAD~1", "--brief").output
    assert line.startswith("data changed since HEAD~1, but cannot be compared: data/validated of HEAD~1")
    repository.dvc("fetch", "--all-commits", "data/validated")
    assert run("HEAD~1", "--brief").output.startswith("data changed since HEAD~1: +2 rows")


def test_a_damaged_table_is_named(repository: Repository) -> None:
    change(repository)
    Path("data/validated/val.parquet").write_bytes(b"PAR1 and no more")
    assert "val of workspace (data/validated/val.parquet)" in run("HEAD", code=1).stderr


def test_no_run_at_all_is_an_error_with_a_remedy(repository: Repository) -> None:
    Path("dvc.lock").unlink()
    assert "after `make run`" in run("HEAD", code=1).stderr
    assert run("HEAD", "--brief").output == ""


def test_brief_is_silent_where_nothing_changed_and_one_line_where_something_did(repository: Repository) -> None:
    assert run("HEAD", "--brief").output == ""
    repository.write("stages/train.py", "")
    Path("dvc.lock").write_text(Path("dvc.lock").read_text() + "# other bytes, the same data\n")
    assert run("HEAD", "--brief").output == ""
    change(repository)
    assert run("HEAD", "--brief").output == (
        "data changed since HEAD: +2 rows, -1, 3 changed, 1 to quarantine, 1 out of quarantine, 3 between splits;"
        " promptgan data diff HEAD shows them\n"
    )
    run("HEAD", "HEAD", "--brief", code=2)
    assert "no such commit" in run("HAED", "--brief", code=1).stderr


def test_brief_is_silent_in_a_repository_without_a_commit(repository: Repository) -> None:
    repository.git("update-ref", "-d", "refs/heads/main")
    assert run("HEAD", "--brief").output == ""


def test_a_workspace_that_is_not_what_its_lock_says_is_told(repository: Repository) -> None:
    locked = Path("dvc.lock").read_bytes()
    change(repository)
    Path("dvc.lock").write_bytes(locked)
    assert "workspace was changed by hand" in run("HEAD").output.replace("\n", " ")


def test_the_same_data_is_one_sentence(repository: Repository) -> None:
    assert "The two are the same bytes: nothing changed." in run("HEAD").output
    assert "Rows" not in run("HEAD").output


def test_json_holds_everything_and_writes_no_page(repository: Repository) -> None:
    change(repository)
    document = json.loads(run("HEAD", "--json").output)
    assert document["counts"]["added"] == 2
    assert document["splits"]["train"]["added"] == 2
    assert document["shift"]["measures"][0][0] == "words of a prompt, mean"
    assert not Path("reports/data").exists()


def test_the_page_is_self_contained_escaped_and_the_same_each_time(repository: Repository) -> None:
    change(repository)
    output = run("HEAD").output
    assert output.endswith("page: reports/data/HEAD..workspace/index.html\n")
    path = Path("reports/data/HEAD..workspace/index.html")
    text = path.read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert "an &lt;b&gt;other&lt;/b&gt; text" in text
    assert "<b>other" not in text
    assert not re.search(r'(?:src|href)="(?!#)|url\((?!#)|@import', text)
    assert text.count("<svg") == 2
    run("HEAD")
    assert path.read_text(encoding="utf-8") == text
    assert [file.name for file in path.parent.iterdir()] == ["index.html"]


def test_a_branch_with_a_slash_makes_one_folder(repository: Repository) -> None:
    repository.git("branch", "team/try")
    change(repository)
    assert run("team/try").output.endswith("page: reports/data/team-try..workspace/index.html\n")


def test_revisions_from_before_the_exclusion_list_are_read(repository: Repository) -> None:
    repository.git("rm", "--quiet", "--cached", "data/excluded.csv")
    repository.git("commit", "--quiet", "--amend", "--message", "no list")
    assert versions.read("HEAD").excluded == frozenset()


def test_a_lock_without_validated_data_is_refused(repository: Repository) -> None:
    Path("dvc.lock").write_text("schema: '2.0'\nstages: {}\n")
    with pytest.raises(versions.NothingValidated, match="workspace"):
        versions.read()
    with pytest.raises(lock.RevisionUnknown):
        versions.read("nowhere")


def test_words_gain_and_lose_between_data_sets_of_different_sizes_too(repository: Repository) -> None:
    repository.tables = {
        split: [(f"new-{row[0]}", f"new-{row[1]}", row[2].replace("tea", "coal"), *row[3:]) for row in rows[:6]]
        for split, rows in repository.tables.items()
    }
    repository.finish()
    run("HEAD")
    page = Path("reports/data/HEAD..workspace/index.html").read_text()
    gained, lost = page.split("<caption>Gained most")[1].split("<caption>Lost most")
    assert '<th scope="row">coal</th>' in gained
    assert '<th scope="row">tea</th>' in lost
    assert "share records" not in page, "no record is in both"


def test_after_a_purge_it_is_a_note_that_advises_nobody_to_make_the_record_again(repository: Repository) -> None:
    remove = ["remove", "--record", "train-0000", "--purge", "--yes"]
    assert CliRunner().invoke(app, remove).exit_code == 0
    repository.finish()
    said = run("HEAD", "--brief").output
    assert said.startswith("data changed since HEAD, but cannot be compared: data/validated of HEAD")
    refused = run("HEAD", code=1).stderr
    assert "does not hold its train.parquet" in refused
    repository.commit("without it")
    again = run("HEAD~1", code=1).stderr
    for text in (said, refused, again):
        assert "if it was purged" in text
        assert "make validate" not in text


def test_what_may_only_never_have_been_pulled_can_still_be_fetched(repository: Repository) -> None:
    exclusions.LIST.write_text("data,id,reason\ntalk,train-0000,\n")
    repository.finish()
    shutil.rmtree(".dvc/cache/files")
    repository.lock()
    refused = run("HEAD", code=1).stderr
    assert "if it was purged" in refused and "if it was only never here, run `dvc fetch" in refused
