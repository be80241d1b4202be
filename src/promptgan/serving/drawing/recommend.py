"""A recommender: the items that somebody may like best."""

from collections.abc import Sequence
from pathlib import Path

import torch

from promptgan.applications.recommendation import recommender
from promptgan.serving.asks import Answer, Ask, Facts


class Drawer:
    """Recommends by a folder that `promptgan recommend build` has written.

    Args:
        model: the folder.
        device: not used: a history is a single vector.

    Raises:
        NoRecommender: see `promptgan.applications.recommendation.recommender.load`.
    """

    def __init__(self, model: Path, device: torch.device) -> None:
        self.recommender = recommender.load(model)

    @property
    def facts(self) -> Facts:
        """What may be asked of it."""
        known = self.recommender.interactions
        return {
            "kinds": ["recommend"],
            "media": "application/json",
            "items": len(known.items),
            "users": len(known.users),
        }

    def check(self, ask: Ask) -> None:
        """Refuse what nothing can be recommended for.

        Raises:
            NobodyKnown: there is no such user, or no item has any of the words.
        """
        self.recommender.readable(ask.user, ask.prompts)

    def recommend(self, asks: Sequence[Ask]) -> list[list[Answer]]:
        """The best items for each, with how well they match."""
        return [
            [
                {"item": each.item, "about": each.text, "match": each.match}
                for each in self.recommender.recommend(ask.user, ask.prompts, ask.n)
            ]
            for ask in asks
        ]
