"""The exclusion list here against the committed one."""

from pathlib import Path

from promptgan.lineage.records import listed
from promptgan.quality import exclusions
from tests.lineage.records.repository import Repository

HEADER = "data,id,reason\n"


def test_a_record_that_is_no_longer_excluded_is_noted(repository: Repository) -> None:
    assert listed.admitted_again() is None
    exclusions.LIST.write_text(f"{HEADER}talk,train-0000,\n")
    assert listed.admitted_again() is None, "one more than HEAD excludes is no loss"
    repository.commit("one out")
    repository.git("checkout", "--quiet", "HEAD~1", "--", "data/excluded.csv")
    assert listed.admitted_again() == (
        "HEAD excludes 1 record that data/excluded.csv here does not: train-0000; a run here takes it in again",
        "`git checkout HEAD -- data/excluded.csv` excludes it again",
    )


def test_many_are_counted_and_a_list_that_is_gone_has_none(repository: Repository) -> None:
    exclusions.LIST.write_text(HEADER + "".join(f"talk,train-{n:04d},\n" for n in range(5)))
    repository.commit("five out")
    exclusions.LIST.unlink()
    found = listed.admitted_again()
    assert found and found[0].startswith("HEAD excludes 5 records")
    assert found[0].endswith("train-0002 and 2 more; a run here takes them in again")


def test_withdrawn_are_those_of_the_same_data_set(repository: Repository) -> None:
    exclusions.LIST.write_text(f"{HEADER}other,zzz,\ntalk,train-0000,\n")
    assert listed.withdrawn_since("HEAD", "talk") == 1


def test_without_git_there_is_nothing_to_compare(tmp_path: Path) -> None:
    assert listed.read("no-such-revision") == {}
