from pathlib import Path

import pytest

from promptgan.data.download import NoSourceDelivered, download
from promptgan.data.sets import vader


def parameters(*sources: str, least: float = 0.5) -> vader.Parameters:
    return vader.Parameters(name="vader", sources=list(sources), least_score=least)  # type: ignore[arg-type]


def test_clear_sentences_have_a_label_and_sentences_of_a_review_a_group(tmp_path: Path) -> None:
    movies = "1\t2.5\tA joy\u2028to see.\r\n2\t-0.4\tTepid.\r\n3\t-0.5\tA bore.\r\n"
    (tmp_path / "movieReviewSnippets_GroundTruth.txt").write_bytes(movies.encode())
    (tmp_path / "amazonReviewSnippets_GroundTruth.txt").write_bytes(b"1_1\t1.5\ti love it.\r\n1_2\t-2\tit broke.")
    records = vader.records(tmp_path, parameters("products", "movies"))
    assert list(records) == ["id", "group", "text", "label"]
    assert records.to_numpy().tolist() == [
        ["products-1_1", "products-1", "i love it.", "positive"],
        ["products-1_2", "products-1", "it broke.", "negative"],
        ["movies-1", "movies-1", "A joy\u2028to see.", "positive"],
        ["movies-3", "movies-3", "A bore.", "negative"],
    ]


def test_the_real_package_of_vader(tmp_path: Path) -> None:
    every = parameters("movies", "products", "editorials", "tweets", least=0.5)
    try:
        download(vader.upstream(every), tmp_path / "raw", cache=tmp_path / "cache", roots=[])
    except NoSourceDelivered as error:
        pytest.skip(f"no package index in reach: {error.problem.splitlines()[-1]}")
    records = vader.records(tmp_path / "raw", every)
    assert records["id"].is_unique
    sources = records["id"].str.partition("-")[0]
    assert (sources == "movies").sum() == 10_072
    assert records.loc[sources == "products", "group"].nunique() == 298
