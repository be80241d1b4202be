"""Taking a record out: the list, what stays, every place that holds it, and deleting them."""

import csv
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from promptgan.commands import removal as said_by
from promptgan.commands.data import app
from promptgan.lineage import lock
from promptgan.lineage.records import removal, versions
from promptgan.lineage.records.known import Known
from promptgan.lineage.records.places import Place, places
from promptgan.lineage.records.search import Search
from promptgan.lineage.records.traces import Traces
from promptgan.quality import exclusions
from tests.lineage.records.repository import Repository, sha256

RECORD = "train-0000"
"""The first turn of a conversation: no other record has its prompt, and the next one has its text as prompt."""


def run(*arguments: str, code: int = 0, answer: str = "") -> Result:
    result = CliRunner().invoke(app, ["remove", "--record", *arguments], input=answer)
    assert result.exit_code == code, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def found(identifier: str = RECORD) -> list[Place]:
    here, known = versions.read(), Known()
    subject = removal.find(identifier, False, here, known)
    search = Search(subject.ids, phrases(identifier))
    return places(search, Traces(here.stage.data, search, known))


def phrases(identifier: str = RECORD) -> tuple[str, ...]:
    here = versions.read()
    subject = removal.find(identifier, False, here, Known())
    others = here.records()
    return removal.phrases(subject, others[~others["id"].isin(subject.ids)], here)


def named(among: list[Place], how: str, kind: str = "") -> set[str]:
    """The first word of each place: a path, or an output whose object it is."""
    return {place.what.split(" ")[0] for place in among if place.how == how and kind in ("", place.kind)}


def objects_with(folder: Path, *needles: str) -> list[Path]:
    """Everything below a folder with one of these words in its bytes."""
    return [f for f in folder.rglob("*") if f.is_file() and any(n.encode() in f.read_bytes() for n in needles)]


# the list


def test_the_list_is_sorted_and_what_was_in_it_stays(repository: Repository) -> None:
    exclusions.LIST.write_text('data,id,reason\ntalk,train-0005,"one, two"\nother,zzz,\n')
    run(RECORD, "--reason", 'said "no", firmly')
    assert exclusions.LIST.read_text() == (
        'data,id,reason\nother,zzz,\ntalk,train-0000,"said ""no"", firmly"\ntalk,train-0005,"one, two"\n'
    )
    assert set(exclusions.excluded("talk")) == {"train-0000", "train-0005"}
    assert not list(Path("data").glob("*.partial"))


def test_a_list_that_a_spreadsheet_saved_is_read_and_written_plainly(repository: Repository) -> None:
    exclusions.LIST.write_text("data;id;reason\ntalk;train-0005;one\n", encoding="utf-8-sig")
    run(RECORD)
    assert exclusions.LIST.read_text() == "data,id,reason\ntalk,train-0000,\ntalk,train-0005,one\n"


def test_it_says_what_will_rerun(repository: Repository) -> None:
    output = run(RECORD).output
    assert f"excluded: {RECORD} (talk, train), listed in data/excluded.csv" in output
    assert "will rerun with `make run`: validate, tokenize, pretrain, judges, generate, report\n" in output


def test_an_unknown_id_is_refused_with_the_nearest_ones(repository: Repository) -> None:
    before = exclusions.LIST.read_bytes()
    error = run("train-00000", code=1).stderr
    assert "has no record train-00000 (did you mean train-0000" in error
    assert exclusions.LIST.read_bytes() == before


def test_one_that_is_listed_already_is_told_and_left_as_it_is(repository: Repository) -> None:
    run(RECORD, "--reason", "first")
    before = exclusions.LIST.read_bytes()
    output = run(RECORD, "--reason", "second").output
    assert f"excluded already, and left as it is in data/excluded.csv: {RECORD}" in output
    assert "data/raw" in output
    assert exclusions.LIST.read_bytes() == before


def test_a_broken_list_is_never_overwritten(repository: Repository) -> None:
    exclusions.LIST.write_text("id;why\n")
    assert "its columns are" in run(RECORD, code=1).stderr
    assert exclusions.LIST.read_text() == "id;why\n"


def test_a_group_goes_as_a_whole(repository: Repository) -> None:
    run("train-0001", "--group")
    assert set(exclusions.excluded("talk")) == {"train-0000", "train-0001", "train-0002"}


def test_options_of_the_purge_alone_are_refused(repository: Repository) -> None:
    run(RECORD, "--raw", code=2)
    assert exclusions.LIST.read_text() == "data,id,reason\n"


# what stays


def test_copies_near_copies_and_the_conversation_are_told(repository: Repository) -> None:
    prompt, text = repository.tables["train"][0][2:4]
    repository.tables["train"] += [
        ("copy-0001", "g1", prompt, text),
        ("near-0001", "g2", prompt, f"{text} ok"),
    ]
    repository.tables["quarantine"].append(("copy-0002", "g3", f" {prompt}", text, "exact-duplicate", "an earlier one"))
    repository.finish()
    output = run(RECORD).output
    assert "stays: 2 records of the same prompt and text\n  copy-0001 (train): 'train turn 0 0" in output
    assert "\n  copy-0002 (quarantine): ' train turn 0 0" in output
    assert "stays: 1 record nearly the same\n  near-0001" in output
    assert "stays: 1 record with its prompt or its text as one side\n  train-0001" in output
    assert "stays: 2 records of the same group (--group excludes them too)" in output


def test_words_that_another_record_has_are_not_taken_for_the_record(repository: Repository) -> None:
    prompt, text = repository.tables["train"][0][2:4]
    assert phrases() == (prompt,)
    repository.write("NOTES.md", f"They said: {text}.")
    repository.write("OTHER.md", f"They said: {prompt.upper()}.")
    assert {"NOTES.md", "OTHER.md"} & {place.what for place in found()} == {"OTHER.md"}


def test_words_within_a_longer_side_of_another_record_are_shared(repository: Repository) -> None:
    prompt = repository.tables["train"][0][2]
    repository.tables["val"].append(
        ("val-9999", "g", f"They said that {prompt}, I think", "and so on it went for days")
    )
    repository.finish()
    assert phrases() == ()
    assert "data/validated/val.parquet" not in named(found(), "holds it", "cache")


def test_what_was_made_without_the_record_is_not_taken_for_it(repository: Repository) -> None:
    run(RECORD)
    repository.quoted = repository.tables["train"][0][2]
    repository.finish()
    where = found()
    assert {"samples/generated/samples.txt", "reports/html/index.html"} <= named(where, "may hold it", "workspace")
    assert not any(name.startswith(("samples", "reports")) for name in named(where, "holds it"))


def test_short_sides_are_found_by_id_alone_and_that_is_said(repository: Repository) -> None:
    repository.tables["train"].append(("short-0001", "g", "yes", "no"))
    repository.finish()
    repository.write("NOTES.md", "yes and no")
    output = run("short-0001").output
    assert "searched by id alone" in output
    assert "NOTES.md" not in output


# where it is


def test_every_output_that_holds_it_is_found_here_and_in_the_cache(repository: Repository) -> None:
    where = found()
    assert named(where, "holds it", "workspace") == {"data/raw", "data/validated", "data/tokens"}
    assert named(where, "holds it", "cache") == {
        "data/raw/pairs.csv", "data/tokens/train.arrow", "data/validated/train.parquet"
    }  # fmt: skip
    assert named(where, "trained on it", "workspace") == {"models/pretrained"}
    assert named(where, "trained on it", "cache") == {"models/pretrained/generator.safetensors"}


@pytest.mark.parametrize(
    ("identifier", "models"),
    [
        ("train-0000", {"models/pretrained"}),
        ("judge-0000", {"models/judges"}),
        ("val-0000", set()),
        ("bad-0001", set()),
    ],
)
def test_the_models_are_those_fitted_on_its_split(identifier: str, models: set[str], repository: Repository) -> None:
    where = found(identifier)
    assert named(where, "trained on it", "workspace") == models


def test_samples_of_its_prompt_and_those_that_repeat_it_are_found(repository: Repository) -> None:
    assert "samples/generated/samples.parquet" in named(found("test-0000"), "holds it", "cache")
    repository.quoted = f"well, {repository.tables['train'][0][2]}".upper()
    repository.finish()
    where = named(found(), "holds it", "cache")
    assert {f"samples/generated/samples.{kind}" for kind in ("parquet", "txt")} | {"reports/html/index.html"} <= where


def test_former_versions_are_found_with_who_remembers_them(repository: Repository) -> None:
    first = repository.git("rev-parse", "--short=7", "HEAD")
    repository.git("checkout", "--quiet", "-b", "side")
    repository.tables["train"].append(("new-1", "g", "what is new?", "nothing at all"))
    repository.finish().commit()
    repository.git("update-ref", "refs/exps/12/3456/brave-toad", "HEAD")
    repository.git("checkout", "--quiet", "main")
    repository.tables["train"].append(("new-2", "g", "what else?", "nothing at all"))
    repository.finish()
    notes = [place.note for place in found() if place.what.startswith("data/validated/train.parquet")]
    assert len(notes) == 3
    assert any(f"commit {first}" in note and "branch main" in note for note in notes)
    assert any("branch side" in note and "experiment brave-toad" in note for note in notes)
    assert "of workspace" in notes


def test_a_run_that_only_the_run_cache_remembers_is_found(repository: Repository) -> None:
    locked = Path("dvc.lock").read_bytes()
    repository.tables["train"].append(("new-1", "g", "what is new?", "nothing at all"))
    repository.finish()
    import yaml

    stages = yaml.safe_load(Path("dvc.lock").read_text())["stages"]
    for name, stage in stages.items():
        repository.write(f".dvc/cache/runs/ab/{name}/entry", yaml.safe_dump(stage))
    weights = repository.md5("models/pretrained/generator.safetensors")
    Path("dvc.lock").write_bytes(locked)
    repository.git("stash", "--quiet") if repository.git("status", "--short") else None
    where = [place for place in found("train-0000") if weights[2:] in place.what]
    assert [(place.how, place.note) for place in where] == [("trained on it", "of run-cache")]


def test_an_object_that_no_lock_names_is_found_by_what_it_holds(repository: Repository) -> None:
    md5 = repository.store(b"some,old\ncsv," + repository.tables["train"][0][2].encode(), cached=True)
    place = next(place for place in found() if md5[2:] in place.what)
    assert (place.how, place.what.startswith("(in no lock)")) == ("holds it", True)


def test_models_of_data_that_is_not_here_are_in_doubt(repository: Repository) -> None:
    repository.tables["train"].append(("new-1", "g", "what is new?", "nothing at all"))
    repository.finish().commit()
    repository.object(repository.md5("data/validated/train.parquet")).unlink()
    repository.tables["train"].append(("new-2", "g", "what else?", "nothing at all"))
    repository.finish()
    doubtful = [place for place in found() if place.how == "may be trained on it"]
    assert [place.what.split(" ")[0] for place in doubtful] == ["models/pretrained"]
    assert all("dvc fetch --all-commits data/validated" in place.remedy and not place.files for place in doubtful)


def test_a_longer_id_on_the_list_is_another_record(repository: Repository) -> None:
    exclusions.LIST.write_text(f"data,id,reason\ntalk,{RECORD}0,not {RECORD}\n")
    repository.finish().commit("another one out")
    listing = yaml.safe_load(Path("dvc.lock").read_text())["stages"]["validate"]["outs"][0]["md5"]
    repository.object(listing).unlink()
    exclusions.LIST.write_text("data,id,reason\n")
    repository.tables["train"].append(("new-1", "g", "what is new?", "nothing at all"))
    repository.finish()
    doubtful = [place.what.split(" ")[0] for place in found() if place.how == "may be trained on it"]
    assert doubtful == ["models/pretrained"]


@pytest.mark.parametrize("start", ['{"data":{"text":"', "PK,text\n1,"])
def test_a_text_that_begins_as_weights_or_an_archive_may_is_looked_into(start: str, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text(f"{start}some words of the record")
    assert Search(["id"], ["some words of the record"]).finds(tmp_path / "mine")


def test_packages_imports_checkpoints_and_releases_are_found(repository: Repository) -> None:
    package = json.loads(Path("data/raw/provenance.json").read_text())["source"]["sha256"]
    repository.write(f".dvc/tmp/downloads/{package}", "zip")
    repository.write(f"data/own/{package}/pairs.csv", "the file")
    repository.write(".dvc/tmp/checkpoints/train-ab/state.pt", "PK")
    repository.write(".dvc/tmp/exps/standalone/tmpab/data/raw/pairs.csv", "x")
    repository.write("release/v1/generator.safetensors", Path("models/pretrained/generator.safetensors").read_bytes())
    repository.write("release/v2/generator.safetensors", "other weights")
    repository.write("release/v1/README.md", repository.tables["train"][0][2])
    shutil.copytree("models/pretrained", "models/production")
    repository.write("models/recommend/matcher.safetensors", "of other data")
    where = {place.what: place for place in found()}
    assert where[f".dvc/tmp/downloads/{package}"].raw
    assert where[f"data/own/{package}/pairs.csv"].remedy.startswith("import a version of your file without the record")
    assert where[".dvc/tmp/checkpoints/train-ab"].how == "may be trained on it"
    assert where[".dvc/tmp/exps/standalone/tmpab"].how == "may hold it"
    assert where["release/v1/generator.safetensors"].how == "trained on it"
    assert where["release/v2/generator.safetensors"].how == "may be trained on it"
    assert where["release/v1/README.md"].how == "holds it"
    assert where["models/production/generator.safetensors"].how == "trained on it"
    assert not any(name.startswith("models/recommend") for name in where)
    assert where["pypi talk talk 1.0, where it is published"].remedy == "ask those who publish it"


def test_what_a_work_tree_keeps_in_the_main_repository_is_found_and_deleted(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("promptgan.lineage.records.places.main_repository", lambda: tmp_path / "main")
    package = json.loads(Path("data/raw/provenance.json").read_text())["source"]["sha256"]
    kept = [
        tmp_path / "main" / name for name in (f".dvc/tmp/downloads/{package}", ".dvc/tmp/checkpoints/train-ab/state.pt")
    ]
    own = tmp_path / f"main/data/own/{package}/pairs.csv"
    for file in (*kept, own):
        file.parent.mkdir(parents=True)
        file.write_text("PK")
    assert {place.what for place in found()} >= {str(kept[0]), str(kept[1].parent), str(own)}
    run(RECORD, "--purge", "--raw", "--yes")
    assert own.exists() and not any(file.exists() for file in kept)


def test_a_remote_that_is_a_folder_is_looked_into_and_another_is_named(repository: Repository, tmp_path: Path) -> None:
    remote = tmp_path / "remote"
    config = (
        f"[core]\n    remote = mine\n['remote \"mine\"']\n    url = {remote}\n['remote \"far\"']\n    url = s3://b/a\n"
    )
    repository.write(".dvc/config", config)
    train = repository.md5("data/validated/train.parquet")
    repository.store(b"", cached=False)
    at = repository.object(train, remote / "files/md5")
    at.parent.mkdir(parents=True)
    at.write_bytes(repository.object(train).read_bytes())
    where = [place for place in found() if place.kind == "remote"]
    assert [(place.how, bool(place.files)) for place in where] == [("may hold it", False), ("holds it", True)]
    assert f"files/md5/{train[:2]}/{train[2:]}" in where[0].remedy
    assert where[1].what.startswith("mine: data/validated/train.parquet")


def test_git_is_found_by_the_words_it_had(repository: Repository) -> None:
    readme = repository.write("README.md", f"Quoted: {repository.tables['train'][0][2]}")
    with_words = repository.commit("a quotation")
    readme.write_text("nothing")
    without = repository.commit("none")
    place = next(place for place in found() if place.kind == "Git")
    assert place.what == f"commit {without}, {with_words}"
    assert "git filter-repo" in place.remedy


def test_a_lock_that_cannot_be_read_is_named(repository: Repository) -> None:
    locked = Path("dvc.lock").read_bytes()
    Path("dvc.lock").write_text("<<<<<<< HEAD\n")
    broken = repository.commit("a merge gone wrong")
    Path("dvc.lock").write_bytes(locked)
    repository.commit("mended")
    assert f"cannot be read: the lock of commit {broken}" in run(RECORD).output


# deleting


def test_a_purge_leaves_nothing_of_it_where_dvc_keeps_things_but_the_data_as_it_came(
    repository: Repository, tmp_path: Path
) -> None:
    remote = repository.remote(tmp_path / "remote")
    repository.tables["train"].append(("new-1", "g", "what is new?", "nothing at all"))
    repository.finish().commit()
    repository.dvc("push", "--all-commits")
    judges = repository.object(repository.md5("models/judges/generator.safetensors"))
    held = [RECORD, repository.tables["train"][0][2]]
    assert len(objects_with(repository.cache, *held)) == len(objects_with(remote, *held)) == 8
    output = run(RECORD, "--purge", "--yes").output
    raw = {repository.object(repository.md5("data/raw/pairs.csv")), *objects_with(repository.cache, *held)}
    assert all(b"quarantine" not in path.read_bytes() and path.read_bytes().startswith(b"train-0000,") for path in raw)
    assert len(raw) == 2
    assert len(objects_with(remote, *held)) == 2
    assert not any(Path(name).exists() for name in ("data/validated", "data/tokens", "models/pretrained"))
    assert judges.exists()
    assert Path("models/judges").exists()
    assert "Kept, because it is the data as it came" in output
    assert RECORD in exclusions.excluded("talk")


def test_a_purge_after_the_next_run_spares_all_that_the_workspace_needs(repository: Repository) -> None:
    run(RECORD)
    repository.finish().commit()
    needed = {path for path in repository.cache.rglob("*") if path.is_file()} & set(_needed(repository))
    output = run(RECORD, "--purge", "--yes").output
    assert all(path.exists() for path in needed)
    assert Path("models/pretrained/generator.safetensors").exists()
    assert [path for path in objects_with(repository.cache, RECORD) if path not in needed] == []
    assert "excluded already" in output


def _needed(repository: Repository) -> Iterator[Path]:
    for _, out in lock.read().outputs():
        if out.path.startswith(("data", "models", "samples", "reports")):
            listing = repository.object(out.md5)
            yield listing
            yield from (repository.object(entry["md5"]) for entry in json.loads(listing.read_bytes()))


def test_it_can_be_asked_again_when_nothing_is_left(repository: Repository) -> None:
    run(RECORD, "--purge", "--yes")
    shutil_names = {path for path in Path().rglob("*") if path.is_file()}
    repository.finish()
    output = run(RECORD, "--purge", "--yes").output
    assert "nothing here is left to delete" in output
    assert "data/raw" in output
    assert shutil_names <= {path for path in Path().rglob("*") if path.is_file()}


def test_after_a_purge_the_next_step_is_named(repository: Repository) -> None:
    output = run(RECORD, "--purge", "--yes").output
    assert "`make run` makes those of the workspace again" in output
    assert "-> run `make validate`" in run("train-0005", code=1).stderr


def test_interrupted_it_is_started_again(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tables by which the record is found go last, so what is left is found again."""
    unlink, gone = Path.unlink, []

    def interrupted(path: Path, missing_ok: bool = False) -> None:
        if "cache" in path.parts and "files" in path.parts:
            if gone:
                raise KeyboardInterrupt
            gone.append(path)
        unlink(path, missing_ok)

    held = [RECORD, repository.tables["train"][0][2]]
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", interrupted)
        assert CliRunner().invoke(app, ["remove", "--record", RECORD, "--purge", "--yes"]).exit_code == 130
    assert len(objects_with(repository.cache, *held)) > 1
    run(RECORD, "--purge", "--yes")
    assert objects_with(repository.cache, *held) == [repository.object(repository.md5("data/raw/pairs.csv"))]


def test_the_data_as_it_came_goes_only_when_asked(repository: Repository) -> None:
    package = json.loads(Path("data/raw/provenance.json").read_text())["source"]["sha256"]
    download = repository.write(f".dvc/tmp/downloads/{package}", "zip")
    run(RECORD, "--purge", "--yes")
    assert download.exists()
    assert Path("data/raw/pairs.csv").exists()
    repository.finish()
    run(RECORD, "--purge", "--raw", "--yes")
    assert not download.exists()
    assert not Path("data/raw").exists()
    assert objects_with(repository.cache, repository.tables["train"][0][2]) == []


def test_an_imported_file_is_never_deleted_nor_its_object(repository: Repository) -> None:
    content = Path("data/raw/pairs.csv").read_bytes()
    package = sha256(content.decode())
    own = repository.write(f"data/own/{package}/pairs.csv", content)
    md5 = repository.md5("data/raw/pairs.csv")
    repository.write(f"data/own/{package}/pairs.csv.dvc", f"outs:\n- md5: {md5}\n  path: pairs.csv\n")
    output = run(RECORD, "--purge", "--raw", "--yes").output
    assert own.exists()
    assert repository.object(md5).exists()
    assert "import a version of your file" in output.replace("│", "").replace("\n", " ")


def test_no_is_no(repository: Repository) -> None:
    before = {path for path in Path().rglob("*") if path.is_file()}
    output = run(RECORD, "--purge", answer="n\n").output
    assert "nothing was deleted; the record is excluded" in output
    assert before <= {path for path in Path().rglob("*") if path.is_file()}


def test_nothing_is_deleted_while_a_stage_is_at_work(repository: Repository) -> None:
    with reading(repository.path / "data/tokens"):
        assert "DVC is at work here" in run(RECORD, "--purge", "--yes", code=1).stderr
    assert Path("data/tokens/train.arrow").exists()
    run(RECORD, "--purge", "--yes")
    assert not Path("data/tokens/train.arrow").exists()


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Another process that reads an output, as a stage that DVC runs does."""
    program = f"""
from dvc.repo import Repo
from dvc.rwlock import rwlock
repo = Repo(".")
with rwlock(repo.tmp_dir, repo.fs, "a stage", [{str(path)!r}], [], False):
    print("reading", flush=True)
    input()
"""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stdout.readline() == "reading\n"
        yield
        process.communicate("\n")


def test_what_cannot_be_deleted_has_its_remedy(repository: Repository) -> None:
    repository.write("release/v1/generator.safetensors", Path("models/pretrained/generator.safetensors").read_bytes())
    output = run(RECORD, "--purge", "--yes").output
    rest = output.split("Not deleted, because DVC here cannot")[1]
    assert "release/v1/generator.safetensors" in rest
    assert "ask those who publish it" in rest.replace("│", "").replace("\n", " ")
    assert Path("release/v1/generator.safetensors").exists()


def test_excluded_is_never_called_by_the_stronger_word(repository: Repository) -> None:
    said = run(RECORD).output + run(RECORD, "--purge", "--yes").output
    said += CliRunner().invoke(app, ["remove", "--help"]).output
    source = Path(removal.__file__).parent
    said += "".join(path.read_text(encoding="utf-8") for path in [*source.glob("*.py"), *source.glob("templates/*")])
    said += Path(said_by.__file__).read_text(encoding="utf-8")
    assert "erase" not in said.lower()
    assert "Excluded is not deleted" in said


def test_the_list_is_plain_csv_for_the_stage(repository: Repository) -> None:
    run(RECORD, "--reason", "two\nlines")
    with exclusions.LIST.open(newline="") as file:
        assert list(csv.DictReader(file)) == [{"data": "talk", "id": RECORD, "reason": "two\nlines"}]


def test_asked_again_after_a_purge_it_does_not_call_a_long_text_short(repository: Repository) -> None:
    run(RECORD, "--purge", "--yes")
    repository.finish()
    output = " ".join(run(RECORD).output.split())
    assert "searched by id alone: no version of the data that is here holds the record any more" in output
    assert "too few" not in output


def test_the_former_head_of_an_applied_experiment_is_no_experiment(repository: Repository) -> None:
    repository.git("update-ref", "refs/exps/apply/ORIG_HEAD", "HEAD")
    repository.git("update-ref", "refs/exps/12/3456/brave-toad", "HEAD")
    output = run(RECORD).output
    assert "experiment brave-toad" in output
    assert "ORIG_HEAD" not in output
