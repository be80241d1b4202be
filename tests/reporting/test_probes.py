"""Findings of probes: kept as they are given, shown of the very weights alone, and nothing broken passes for them."""

from pathlib import Path

import pytest

from promptgan.core.record import sha256
from promptgan.reporting import probes
from promptgan.reporting.card import card
from promptgan.reporting.contents import read
from promptgan.reporting.page import page
from promptgan.reporting.probes import Finding, ProbesUnreadable, keep

CLEAR = Finding("ab", "whole words", "he / she with job / home", 1.25, 0.001, "4 of 8, 8 of 8, 8 of 8, 5 of 8")
REFUSED = CLEAR._replace(question="flowers / insects with good / bad", effect_size=None, p=None)


def test_findings_take_the_place_of_those_of_the_same_weights_alone(outputs: Path) -> None:
    path, other = outputs / probes.LIST, CLEAR._replace(weights="cd")
    keep([CLEAR, REFUSED, other], path)
    keep([CLEAR._replace(p=0.5)], path)
    assert probes.read(path) == [CLEAR._replace(p=0.5), other]
    keep([REFUSED], path)
    assert probes.read(path) == [REFUSED, other]


@pytest.mark.parametrize("text", ["", "a,b\n", f"{','.join(Finding._fields)}\nab,whole words,q,high,0.1,4\n"])
def test_what_is_broken_is_named_and_left_alone(text: str, tmp_path: Path) -> None:
    (tmp_path / "probes.csv").write_text(text)
    with pytest.raises(ProbesUnreadable, match=r"probes\.csv: "):
        keep([CLEAR], tmp_path / "probes.csv")
    assert (tmp_path / "probes.csv").read_text() == text


def test_page_and_card_show_what_was_found_in_these_weights(outputs: Path) -> None:
    (outputs / "models/pretrained/generator.safetensors").write_bytes(b"twin")
    (outputs / "models/adversarial/generator.safetensors").write_bytes(b"adversarial")
    keep([CLEAR, REFUSED], outputs / probes.LIST)
    of_others = page(read(outputs))
    assert "What the models associate" not in of_others + card(read(outputs))
    weights = sha256(outputs / "models/adversarial/generator.safetensors")
    keep([each._replace(weights=weights) for each in (CLEAR, REFUSED)], outputs / probes.LIST)
    shown = page(read(outputs)).partition("What the models associate")[2].partition("</section>")[0]
    assert "<strong>+1.25</strong><small>p 0.001</small>" in shown
    assert ">adversarial</th>" in shown and ">twin</th>" not in shown
    assert "flowers" not in shown
    assert "| he / she with job / home | whole words | **+1.25**, p 0.001 |" in card(read(outputs))
