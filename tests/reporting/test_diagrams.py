import re
import xml.etree.ElementTree as ElementTree

import pytest

from promptgan.reporting.diagrams import Bin, Point, few_labels, reliability, under_attack

BINS = {
    "twin": [Bin(0.4, 0.6, 3, 0.55, 0.6), Bin(0.8, 1.0, 7, 0.9, 0.7)],
    "adversarial": [Bin(0.6, 0.8, 10, 0.75, 0.8)],
}
POINTS = {
    "twin": [Point(100, 0.6, 0.5, 0.7), Point(50, 0.55, 0.5, 0.6), Point(1000, 0.8, 0.78, 0.83)],
    "adversarial": [Point(100, 0.7, 0.6, 0.8)],
}
PICTURES = {
    "reliability": lambda name: reliability(BINS, name),
    "few_labels": lambda name: few_labels(POINTS, "macro F1", name),
    "under_attack": lambda name: under_attack(POINTS, "changed words", name),
}


def written(picture):
    """The texts in a picture, in order."""
    return ["".join(each.itertext()) for each in ElementTree.fromstring(picture).iter() if each.tag.endswith("text")]


@pytest.mark.parametrize("kind", PICTURES)
def test_a_picture_is_one_element_the_same_each_time_in_the_page_s_colours(kind):
    first, again = (PICTURES[kind]("name") for _ in range(2))
    assert first == again
    assert first.startswith("<svg")
    assert "currentColor" in first
    assert "#000000" not in re.sub(r"<clipPath.*?</clipPath>", "", first, flags=re.DOTALL)
    assert "http" not in first.replace("http://www.w3.org", "")


def test_systems_are_told_apart_without_colour():
    picture = PICTURES["under_attack"]("u")
    assert "stroke-dasharray" in picture
    assert {"twin", "adversarial", "changed words", "accuracy under attack"} <= set(written(picture))
    assert {"calibrated", "twin", "adversarial", "confidence"} <= set(written(PICTURES["reliability"]("r")))


def test_the_axis_of_labels_is_logarithmic():
    picture = PICTURES["few_labels"]("f")
    assert {"50", "100", "1,000", "macro F1", "labelled texts (log)"} <= set(written(picture))
    ticks = {t: x for x, t in re.findall(r'<text[^>]*x="([\d.]+)"[^>]*>(50|100|1,000)</text>', picture)}
    at = {text.replace(",", ""): float(x) for text, x in ticks.items()}
    assert (at["1000"] - at["100"]) / (at["100"] - at["50"]) == pytest.approx(3.3219, rel=0.01)
