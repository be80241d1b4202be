"""What an audit derives again, whatever the task."""

from typing import Any

import pytest

from promptgan.terms.audit import undue_verdict

WITHHELD, GIVEN = "no verdict: the likelihood twin was still improving", "bleu_4: adversarial dominates twin"


class Run:
    """A finished run, of which the twin's index says this."""

    def __init__(self, **index: Any) -> None:
        self.index = index

    def json(self, path: str) -> Any:
        return {"models/pretrained/index.json": self.index}[path]


@pytest.mark.parametrize(
    ("index", "gaps", "first", "broken"),
    [
        ({"converged": False}, {}, WITHHELD, False),
        ({"converged": False}, {}, GIVEN, True),
        ({"converged": False}, {"twin": {"bleu_4": 0.1}}, WITHHELD, True),
        ({"converged": True}, {"twin": {"bleu_4": 0.1}}, GIVEN, False),
        ({}, {"twin": {"bleu_4": 0.1}}, GIVEN, False),
    ],
)
def test_a_twin_that_was_still_improving_leaves_no_verdict(
    index: dict[str, Any], gaps: dict[str, Any], first: str, broken: bool
) -> None:
    metrics = {"gaps": gaps, "verdict": [first, "one training seed"]}
    found = list(undue_verdict(Run(**index), "metrics/evaluation.json", metrics))  # type: ignore[arg-type]
    assert [each.found for each in found] == [first] * broken
