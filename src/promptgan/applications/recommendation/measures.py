"""How high the item that each user liked last comes: by the matcher, by what it is set beside, and by chance."""

from pathlib import Path

import numpy as np

from promptgan.applications.bm25 import K1, B
from promptgan.applications.measured import Measured, measured
from promptgan.applications.recommendation import baselines, recommender
from promptgan.applications.recommendation.matching import HISTORY
from promptgan.applications.recommendation.ranking import DEPTH, Scores, ranked
from promptgan.core.record import sha256
from promptgan.networks.folder import INDEX
from promptgan.tasks.classification.measures import bootstrap

MATCHER, TOGETHER = "matcher", "matcher and popularity"


def measure(folder: Path, seed: int) -> Measured:
    """Rank all items for every user of whom the last item was held out.

    Nothing but the matcher's weights and the weight of popularity was fitted without the items before the last one;
    all systems know these of every user.

    Args:
        folder: of a recommender, which `recommender.build` writes.
        seed: of the random order, and of the intervals.

    Raises:
        NoRecommender: it is none.
        ToolMissing: bm25s is not installed.
    """
    facts, made = recommender.read_index(folder), recommender.load(folder)
    interactions = made.interactions
    questions, known, count = interactions.held_out("test"), interactions.known("test"), len(interactions.items)
    counts = baselines.counted(known, count)
    by_words, words_of = baselines.latest(lambda _: baselines.bm25(interactions.texts), interactions)
    by_users, users_of = baselines.latest(lambda each: baselines.cooccurrence(each, count), interactions)
    by_prior = recommender.weighted(made.matcher, counts, (0, facts["prior"]))
    systems: dict[str, Scores] = {
        TOGETHER: by_prior[facts["prior"]],
        MATCHER: by_prior[0],
        "bm25": by_words,
        "popularity": baselines.popularity(known, count),
        "co-occurrence": by_users,
        "random": baselines.chance(count, seed),
    }
    users = len(questions.targets)
    columns = {name: ranked(scores, questions) for name, scores in systems.items()}
    new = int((counts[questions.targets] == 0).sum())
    signature = [
        f"data: {facts['title']}, {len(interactions.users):,} users, {count:,} items,"
        f" {sum(map(len, interactions.liked)):,} times liked; index.json {sha256(folder / INDEX)[:16]}",
        f"test: the last item of each of {users:,} users with three or more, {new} of which nobody had liked before;"
        " all items are ranked that the user had not liked, and of equal scores every order counts alike",
        f"hit_rate: share of users whose item is among the first {DEPTH}; ndcg: 1 / log2(1 + place) there, else 0",
        f"{MATCHER}: reads the texts of the latest {HISTORY} items, fitted on all but the last two items of each user;"
        f" popularity: {facts['prior']:g} times the logarithm of 1 + users who liked it, chosen on the last but one",
        f"bm25: Lucene's, k1 {K1}, b {B}, of the texts of the latest {words_of} items; co-occurrence: sum of an item's"
        f" cosines, over users, with the latest {users_of}, without texts; how many was chosen on the last but one",
        f"intervals: {bootstrap.LEVEL:.0%} percentiles of {bootstrap.RESAMPLES} bootstrap samples of the users, seed"
        f" {seed}; not over training seeds",
    ]
    others = [name for name in systems if name != TOGETHER]
    return measured(columns, np.arange(users), ("ndcg", TOGETHER), others, seed, signature)
