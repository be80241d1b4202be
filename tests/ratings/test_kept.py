"""The file of ratings: what is kept is what was given, and nothing broken passes for it."""

from pathlib import Path

import pytest

from promptgan.ratings import kept
from promptgan.ratings.kept import Rating

HEADER = "task,samples,rater,prompt,systems,rating\n"
ONE = Rating("text", "ab", "1", "t0", ("real", "twin"), 4)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "ratings.csv").write_text(HEADER)
    return tmp_path / "ratings.csv"


def test_the_committed_file_can_be_read() -> None:
    kept.read(Path(__file__).parents[2] / kept.LIST)


def test_what_is_kept_is_read_again(path: Path) -> None:
    assert kept.read(path) == []
    assert kept.keep([ONE, ONE._replace(rater="Anna, Dr.")], path) == 0
    assert path.read_text() == HEADER + 'text,ab,1,t0,real twin,4\ntext,ab,"Anna, Dr.",t0,real twin,4\n'
    assert kept.read(path) == [ONE, ONE._replace(rater="Anna, Dr.")]


def test_ratings_take_the_place_of_those_of_the_same_samples_alone(path: Path) -> None:
    other = ONE._replace(samples="cd")
    kept.keep([ONE, other], path)
    assert kept.keep([ONE._replace(rating=1)], path) == 1
    assert kept.read(path) == [ONE._replace(rating=1), other]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it is empty"),
        ("rater,rating\n", "its columns are rater, rating"),
        (f"{HEADER}text,ab,1,t0,real\n", "line 2 does not fill"),
        (f"{HEADER}text,,1,t0,real,4\n", "line 2 does not fill"),
        (f"{HEADER}text,ab,1,t0,real rival,4\n", "line 2 rates an answer of rival"),
        (f"{HEADER}text,ab,1,t0,real,6\n", "line 2: the rating is '6', not 1 to 5"),
        (f"{HEADER}text,ab,1,t0,real,4\ntext,ab,1,t0,real,5\n", "line 3 rates for the second time"),
    ],
)
def test_what_is_broken_is_named_and_left_alone(text: str, said: str, path: Path) -> None:
    path.write_text(text)
    with pytest.raises(kept.RatingsUnreadable, match=said):
        kept.keep([ONE], path)
    assert path.read_text() == text


def test_a_missing_file_is_brought_back(path: Path) -> None:
    path.unlink()
    with pytest.raises(kept.RatingsUnreadable) as error:
        kept.read(path)
    assert error.value.remedy == f"bring it back with `git checkout {path}`"
