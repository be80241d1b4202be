"""A matcher with the items that it recommends: built, kept in a folder, and asked."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from safetensors.torch import load_file

from promptgan.applications.bm25 import key
from promptgan.applications.recommendation import matching
from promptgan.applications.recommendation.baselines import counted
from promptgan.applications.recommendation.interactions import Indices, Interactions
from promptgan.applications.recommendation.matching import ItemEncoder, Texts
from promptgan.applications.recommendation.ranking import Floats, Scores, ranked, unseen
from promptgan.core.errors import PromptganError, shown
from promptgan.core.files import write_json
from promptgan.core.record import sha256
from promptgan.folders import whole
from promptgan.networks.folder import INDEX
from promptgan.networks.weights import save_weights
from promptgan.quality.output import write_parquet
from promptgan.tasks.text.judges import dual_encoder
from promptgan.tasks.text.judges.parameters import Parameters
from promptgan.training.loop.checkpoint import Checkpoint

TASK = "recommend"
ITEMS, LIKED, WEIGHTS = "items.parquet", "liked.parquet", "matcher.safetensors"
REMEDY = "build it with `promptgan recommend build`, or name another folder"
PRIORS = (0.0, 0.5, 1.0, 1.5, 2.0)
"""Weights of the logarithm of an item's popularity, of which validation chooses one."""


class NoRecommender(PromptganError):
    """A folder holds none, or something that is not to be replaced by one."""


class NobodyKnown(PromptganError):
    """Nothing is known of what somebody liked."""


class Recommended(NamedTuple):
    """An item that somebody may like."""

    item: str
    text: str
    match: float
    """By what it is ranked: the matcher's score, and the share that its popularity has in it."""


class Recommender:
    """Ranks items for what somebody liked.

    In-batch negatives come as often as they are liked, so that the matcher learns how much likelier an item is for a
    history than for anybody (Yi et al., 2019, doi:10.1145/3298689.3346996); how likely it is for anybody is added.

    Args:
        interactions: items, and what users liked.
        matcher: of histories and items.
        prior: weight of the logarithm of one more than the number of users who liked an item.
        counts: of these users, (items,).
    """

    def __init__(self, interactions: Interactions, matcher: ItemEncoder, prior: float, counts: Floats) -> None:
        self.interactions, self.matcher = interactions, matcher
        self.popularity = prior * np.log1p(counts)
        self.vectors = matcher.vectors()
        self.numbers = {key(text): number for number, text in reversed([*enumerate(interactions.texts)])}
        self.numbers |= {item: number for number, item in enumerate(interactions.items)}
        self.users = {user: number for number, user in enumerate(interactions.users)}

    def scores(self, histories: Sequence[Indices]) -> Floats:
        """The score of every item for each history, (histories, items)."""
        found: Floats = self.matcher.scores(histories, self.vectors) + self.popularity
        return found

    def history(self, user: str) -> Indices:
        """The items that a user liked.

        Raises:
            NobodyKnown: there is no such user; names no other, since whoever asks may be anybody.
        """
        if user not in self.users:
            raise NobodyKnown(f"no user {shown(user)}", "name one of the data, or what somebody liked")
        return self.interactions.liked[self.users[user]]

    def named(self, liked: str) -> int | None:
        """The number of the item that an id, or a text of the same words, is of; None where it is of none."""
        return self.numbers.get(liked, self.numbers.get(key(liked)))

    def readable(self, user: str | None, liked: Sequence[str]) -> None:
        """Refuse what nothing can be recommended for.

        Raises:
            NobodyKnown: there is no such user, or nothing that the texts say.
        """
        if user is not None:
            self.history(user)
        elif not any(self.named(each) is not None or self.matcher.texts.read(each) for each in liked):
            raise NobodyKnown(
                "no word of what is liked is in the text of any item", "name a user, the id of an item, or other words"
            )

    def recommend(self, user: str | None, liked: Sequence[str], count: int) -> list[Recommended]:
        """The items that somebody may like best and has not liked yet, the best first.

        Args:
            user: one of the data; what is liked is told by ``liked`` where None.
            liked: ids of items, or texts, which may be those of items; the last one counts as the latest.
            count: items, at most.

        Raises:
            NobodyKnown: see `readable`.
        """
        self.readable(user, liked)
        if user is not None:
            history = self.history(user)
            scores = self.scores([history])
        else:
            named = [self.named(each) for each in liked]
            history = np.array([number for number in named if number is not None], np.int64)
            texts = [
                each if number is None else self.interactions.texts[number]
                for each, number in zip(liked, named, strict=True)
            ]
            ids = [word for text in texts[-matching.HISTORY :] for word in self.matcher.texts.read(text)]
            with torch.no_grad():
                vector = self.matcher.encode(dual_encoder.padded([ids]), "prompt")
            scores = (vector @ self.vectors.T).numpy() + self.popularity
        (found,) = unseen(scores, [history])
        best = np.argsort(-found, kind="stable")[: min(count, len(found) - len(np.unique(history)))]
        known = self.interactions
        return [Recommended(known.items[n], known.texts[n], round(float(found[n]), 4)) for n in best]


def weighted(matcher: ItemEncoder, counts: Floats, priors: Sequence[float]) -> dict[float, Scores]:
    """The scores of a matcher and popularity with each of several weights of it; items are read once for all of them.

    Args:
        matcher: of histories and items.
        counts: users who liked each item, (items,).
        priors: weights, see `Recommender`.
    """
    vectors, popularity = matcher.vectors(), np.log1p(counts)

    def scores(prior: float, histories: Sequence[Indices]) -> Floats:
        found: Floats = matcher.scores(histories, vectors) + prior * popularity
        return found

    return {prior: partial(scores, prior) for prior in priors}


def build(
    interactions: Interactions, facts: dict[str, Any], out: Path, seed: int, epochs: int | None = None
) -> dict[str, Any]:
    """Fit the matcher, choose by validation how much popularity counts, and write the folder whole or not at all.

    The last item of each user is not read.

    Args:
        interactions: who liked what.
        facts: what is told of their source.
        out: the folder; an old one is replaced.
        seed: of the training.
        epochs: passes over what users liked, at most; those of `matching.SETTINGS` where None.

    Returns:
        The content of index.json.

    Raises:
        NoRecommender: ``out`` is there and holds none.
        NonFiniteTraining, Interrupted: see `promptgan.training.loop.run.run`.
    """
    import pandas as pd

    if out.exists():
        read_index(out)  # nothing else is replaced
    settings = matching.SETTINGS.model_copy(update={"epochs": epochs} if epochs else {})
    with whole(out) as folder:
        write_parquet(pd.DataFrame({"item": interactions.items, "text": interactions.texts}), folder / ITEMS)
        owners = np.repeat(np.array(interactions.users, object), [len(each) for each in interactions.liked])
        liked = [interactions.items[number] for number in np.concatenate(interactions.liked)]
        write_parquet(pd.DataFrame({"user": owners, "item": liked}), folder / LIKED)
        made = {"settings": settings.model_dump(), "history": matching.HISTORY, "seed": seed}
        made |= {"tables": {name: sha256(folder / name) for name in (ITEMS, LIKED)}}
        with Checkpoint(TASK, made) as checkpoint:
            matcher, outcome = matching.fit(interactions, seed, settings, checkpoint)
        save_weights(folder / WEIGHTS, matcher)
        prior, validation = _prior(interactions, matcher)
        index = {"kind": "model", "task": TASK, **facts, **made, "weights": sha256(folder / WEIGHTS)}
        index |= {"items": len(interactions.items), "users": len(interactions.users), "prior": prior}
        validations = {round(row["epoch"]): round(row["ndcg"], 6) for row in outcome.history}
        index |= {"ndcg_by_epoch": validations, "validation": validation}
        write_json(folder / INDEX, index)
    return index


def read_index(folder: Path) -> dict[str, Any]:
    """The content of index.json.

    Raises:
        NoRecommender: there is none of a recommender.
    """
    try:
        index: dict[str, Any] = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        if index["task"] != TASK:
            raise ValueError(f"its task is {index['task']}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoRecommender(f"{folder} holds no recommender: {error}", REMEDY) from error
    return index


def load(folder: Path) -> Recommender:
    """What `build` has written.

    Raises:
        NoRecommender: a file is missing or changed, or of other settings.
    """
    import pandas as pd

    index = read_index(folder)
    try:
        sums = {**index["tables"], WEIGHTS: index["weights"]}
        if changed := [name for name in (ITEMS, LIKED, WEIGHTS) if sha256(folder / name) != sums[name]]:
            raise ValueError(f"{changed[0]} is not the one that was written")
        items, rows = pd.read_parquet(folder / ITEMS), pd.read_parquet(folder / LIKED)
        numbers = rows["item"].map({item: number for number, item in enumerate(items["item"])})
        liked = {user: part.to_numpy(np.int64) for user, part in numbers.groupby(rows["user"], sort=False)}
        interactions = Interactions([*liked], items["item"].tolist(), items["text"].tolist(), [*liked.values()])
        matcher = ItemEncoder(Texts(interactions.texts), Parameters(**index["settings"]))
        matcher.load_state_dict(load_file(folder / WEIGHTS))
        return Recommender(interactions, matcher.eval(), index["prior"], counted(interactions.liked, len(items)))
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise NoRecommender(f"{folder} holds no recommender: {error}", REMEDY) from error


def _prior(interactions: Interactions, matcher: ItemEncoder) -> tuple[float, dict[str, float]]:
    """The weight of popularity with the best nDCG on validation, and what it reaches there."""
    questions, counts = interactions.held_out("val"), counted(interactions.known("val"), len(interactions.items))
    means = {}
    for prior, scores in weighted(matcher, counts, PRIORS).items():
        means[prior] = {name: round(float(each.mean()), 6) for name, each in ranked(scores, questions).items()}
    best = max(means, key=lambda prior: means[prior]["ndcg"])
    return best, means[best]
