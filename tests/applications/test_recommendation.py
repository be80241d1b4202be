"""Recommendation: how interactions are read and held out, what the measures are, and what training depends on."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import ndcg_score
from sklearn.metrics.pairwise import cosine_similarity
from typer.testing import CliRunner

from promptgan.applications.bm25 import BM25
from promptgan.applications.recommendation import baselines, movielens, ranking, recommender
from promptgan.applications.recommendation.interactions import (
    Interactions,
    Questions,
    UnusableInteractions,
    arranged,
    padded,
    read,
)
from promptgan.applications.recommendation.ranking import Scores, ranked
from promptgan.applications.recommendation.recommender import NobodyKnown, NoRecommender
from promptgan.cli import app
from promptgan.data.sources import Upstream
from tests.applications.conftest import write_films


@pytest.fixture
def films(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_thread: None) -> Interactions:
    """Of `write_films`, in a folder of the test's own, where checkpoints are kept too."""
    monkeypatch.chdir(tmp_path)
    write_films(tmp_path / "films.csv")
    return read(tmp_path / "films.csv")


def built(films: Interactions, name: str, epochs: int = 1) -> Path:
    recommender.build(films, {"title": "films"}, Path(name), seed=1, epochs=epochs)
    return Path(name)


def test_the_measures_are_those_of_scikit_learn_and_every_order_of_equal_scores_counts_alike(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    random = np.random.default_rng(0)
    scores = random.integers(0, 9, (60, 40)).astype(float)  # many are equal
    histories = [random.permutation(40)[: 1 + n % 9] for n in range(60)]
    targets = np.array([np.setdiff1d(np.arange(40), history)[n % 20] for n, history in enumerate(histories)])
    left = iter(scores)
    monkeypatch.setattr(ranking, "AT_ONCE", 7)
    found = ranked(lambda part: np.stack([next(left) for _ in part]), Questions(histories, targets))
    columns = scores, histories, targets, found["ndcg"], found["hit_rate"]
    for row, history, target, ndcg, hit in zip(*columns, strict=True):
        others = np.setdiff1d(np.arange(40), history)
        assert ndcg == pytest.approx(ndcg_score([others == target], [row[others]], k=10))
        above, equal = (row[others] > row[target]).sum(), (row[others] == row[target]).sum()
        assert hit == pytest.approx(np.mean([place < 10 for place in range(above, above + equal)]))
    assert 0 < found["hit_rate"].mean() < 1


def test_baselines_are_those_of_their_formulas() -> None:
    known, histories = [np.array([0, 1]), np.array([1, 2, 0]), np.array([1])], [np.array([0]), np.array([2, 1])]
    assert baselines.popularity(known, 4)(histories).tolist() == [[2, 3, 1, 0]] * 2
    users = np.array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 0, 0]])
    cosines = cosine_similarity(users.T)
    assert baselines.cooccurrence(known, 4)(histories) == pytest.approx(np.stack([cosines[0], cosines[2] + cosines[1]]))
    texts = ["red car", "blue boat", "red boat", "green tree"]
    wanted = [BM25(texts).scores("red car"), BM25(texts).scores("red boat blue boat")]
    assert baselines.bm25(texts)(histories) == pytest.approx(np.stack(wanted))
    assert sorted(np.argmax(baselines.chance(4, 1)([known[0]] * 400), axis=1).tolist())[::100] == [0, 1, 2, 3]


def test_how_much_of_a_history_counts_is_chosen_on_validation(films: Interactions) -> None:
    """Scores that are right, in validation, where they know five items: the one after them follows from their sum."""
    longer = [np.arange(n, n + 9) % 32 for n in range(32)]
    made = films._replace(liked=longer)

    def make(known: Sequence[Any]) -> Scores:
        return lambda histories: np.stack([np.eye(32)[(each[-1] + (len(each) == 5)) % 32] for each in histories])

    scores, length = baselines.latest(make, made)
    assert length == 5
    assert ranked(scores, made.held_out("test"))["ndcg"].mean() == 1


def rows(count: int = 25, **columns: list[Any]) -> pd.DataFrame:
    """Users with three items each, all the same."""
    frame = pd.DataFrame({"user": np.repeat([f"u{n}" for n in range(count)], 3), "item": [*"abc"] * count})
    more = pd.DataFrame({"user": "x", "item": [f"more{n}" for n in range(20)]})
    frame = pd.concat([frame, more], ignore_index=True).astype(object)
    return frame.assign(text="about " + frame["item"], **columns)


@pytest.mark.parametrize(
    "times",
    [["3", "1", "2"], ["2026-03-09", "1999-12-31T23:59:59", "2000-01-01"], [3e9, 1.5, 2]],
    ids=["texts", "dates", "numbers"],
)
def test_what_is_held_out_is_what_was_liked_last(times: list[Any]) -> None:
    found = arranged(rows(time=times * 25 + [times[0]] * 20), "here")
    assert [found.items[n] for n in found.liked[found.users.index("u7")]] == ["b", "c", "a"]
    assert found.texts[found.items.index("more3")] == "about more3"
    test, val = found.held_out("test"), found.held_out("val")
    assert [found.items[n] for n in test.targets] == ["a"] * 25 + ["more19"]
    assert [found.items[n] for n in val.targets] == ["c"] * 25 + ["more18"]
    assert [len(each) for each in (*test.histories[-2:], *val.histories[-2:])] == [2, 19, 1, 18]
    assert sum(map(len, found.known("val"))) == 25 + 18
    assert padded(test.histories[-2:], 3).tolist()[0] == [-1, *test.histories[-2]]


def test_of_an_item_that_comes_twice_the_first_time_counts() -> None:
    twice = pd.concat([rows(), rows().iloc[:1]], ignore_index=True)
    assert arranged(twice, "here").liked[0].tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.drop(columns="text"), "its columns are: 'user', 'item'"),
        (lambda frame: frame.assign(item=["a", None, *frame["item"][2:]]), "row 2 has no item"),
        (lambda frame: frame.assign(text=[f"said {n}" for n in range(len(frame))]), "item 'a' has two texts"),
        (lambda frame: frame.assign(text=frame["text"].replace("about c", "!?")), "text of item 'c' has no word"),
        (lambda frame: frame.assign(time=["1", "soon", *"1" * (len(frame) - 2)]), "row 2 has the time 'soon'"),
        (lambda frame: frame[:30], "10 users with 3 items or more, and 3 items"),
        (lambda frame: frame.rename(columns={"user": "item", "item": "user"})[:0], "0 users"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_the_reason(tmp_path: Path, change: Any, message: str) -> None:
    change(rows()).to_csv(tmp_path / "own.csv", index=False)
    with pytest.raises(UnusableInteractions) as raised:
        read(tmp_path / "own.csv")
    assert message in raised.value.problem


def test_a_film_is_liked_from_a_rating_of_four_and_its_text_is_title_genres_and_year(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def download(upstream: Upstream, out: Path, *, cache: Path, roots: Sequence[Path]) -> None:
        out.mkdir()
        films = [f'{n}\tThe "{n}"\t19{n}\tDrama Sci-Fi' for n in range(10, 40)]
        ratings = [f"{user}\t{n}\t{3 + n % 3}\t{1000 - n}" for user in range(25) for n in range(10, 40)]
        head = ["item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq"]
        (out / "ml-100k.item").write_text("\n".join([*head, *films]))
        head = ["user_id:token\titem_id:token\trating:float\ttimestamp:float"]
        (out / "ml-100k.inter").write_text("\n".join([*head, *ratings]))

    monkeypatch.setattr(movielens, "download", download)
    found = movielens.interactions(tmp_path)
    assert [found.items[n] for n in found.liked[0]] == [str(n) for n in range(39, 9, -1) if n % 3]
    assert found.texts[found.items.index("38")] == 'The "38", Drama Sci-Fi, 1938'


def test_the_same_interactions_give_the_same_bytes_and_the_last_items_are_not_learnt_from(films: Interactions) -> None:
    first = built(films, "first")
    again = built(films, "again")
    assert all((again / file.name).read_bytes() == file.read_bytes() for file in first.iterdir())
    turned = [np.r_[each[:-1], films.liked[n - 4][-1:]] for n, each in enumerate(films.liked)]
    other = built(films._replace(liked=turned), "other")
    read_first, read_other = (json.loads((folder / "index.json").read_text()) for folder in (first, other))
    assert read_first["tables"] != read_other["tables"]
    assert all(read_first[name] == read_other[name] for name in ("weights", "prior", "validation"))


def test_a_folder_is_written_whole_or_not_at_all_and_nothing_else_is_replaced(
    films: Interactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = built(films, "made")
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    monkeypatch.setattr(recommender, "save_weights", lambda path, network: path.joinpath("nothing").touch())
    with pytest.raises(OSError, match="nothing"):
        built(films, "made")
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert not Path("made.partial").exists()
    Path("mine").mkdir()
    with pytest.raises(NoRecommender, match="mine holds no recommender"):
        built(films, "mine")
    for name, content in before.items():
        shutil.rmtree("damaged", ignore_errors=True)
        shutil.copytree(folder, "damaged")
        Path("damaged", name).write_bytes(content[:-9] + b"x" + content[-8:])
        with pytest.raises(NoRecommender, match="build it with"):
            recommender.load(Path("damaged"))


def test_the_commands_build_measure_and_recommend(films: Interactions, default_parameters: Path) -> None:
    def run(*arguments: object, code: int = 0) -> str:
        done = CliRunner().invoke(app, ["recommend", *map(str, arguments)])
        assert done.exit_code == code, done.output
        return done.output

    shutil.copy(default_parameters, "params.yaml")
    assert "40 users, 32 items" in run("build", "--data", "films.csv", "--epochs", 6)
    assert "no such file" in run("build", "--data", "none.csv", code=1)
    found = json.loads(run("measure", "--json"))["systems"]
    means = {name: row["ndcg"]["value"] for name, row in found.items()}
    assert min(means["matcher"], means["matcher and popularity"]) > 3 * means["random"] > 0
    assert means["popularity"] < means["co-occurrence"]
    assert "ndcg of matcher and popularity minus bm25: " in run("measure")
    history = {films.items[n] for n in films.liked[films.users.index("u1")]}
    told = [line.split()[0] for line in run("ask", "--user", "u1", "--n", 3).splitlines()[1:]]
    assert history | set(told) == {f"love{part}" for part in range(8)}
    assert "love story, part" in run("ask", "--liked", "a story of love", "--n", 1)
    assert "either --user or --liked" in run("ask", code=2)
    assert "error: no user 'u1u'\n" in run("ask", "--user", "u1u", code=1), "no other is named"


def test_what_is_liked_is_an_item_or_words(films: Interactions) -> None:
    made = recommender.load(built(films, "made", epochs=6))
    item = films.items[films.liked[0][0]]
    by_item, by_text = (made.recommend(None, [each], 32) for each in (item, films.texts[films.liked[0][0]].upper()))
    assert by_text == by_item
    assert len(by_item) == 31
    assert item not in [each.item for each in by_item]
    assert len(made.recommend(None, ["space love"], 99)) == 32
    assert len(made.recommend(None, ["space", *["zzz"] * 10], 99)) == 32, "the latest say nothing"
    with pytest.raises(NobodyKnown, match="no word"):
        made.recommend(None, ["zzz"], 1)
    with pytest.raises(NobodyKnown, match="no user 'nobody'"):
        made.recommend("nobody", [], 1)
