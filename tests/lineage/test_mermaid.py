"""A chain as a Mermaid flowchart."""

import re
from typing import Any

from promptgan.commands.mermaid import mermaid
from promptgan.lineage import lock, trace
from tests.pipeline.clone import Clone


def chain(name: str = "models/adversarial") -> dict[str, Any]:
    return trace.trace(name, lock.read())


def named(found: dict[str, Any], name: str) -> dict[str, Any]:
    return {**found, "target": {**found["target"], "name": name}}


def test_mermaid_has_a_node_for_package_stages_and_target_and_their_arrows(own: Clone) -> None:
    first, *lines = mermaid(chain()).splitlines()
    assert first == "flowchart LR"
    found = [re.fullmatch(r' {4}(n\d+)\["(.+?)(?:<br/>.*)?"\]:::\w+', line) for line in lines if "[" in line]
    nodes = {match[1]: match[2] for match in found if match}
    assert list(nodes.values()) == [
        "chitchat-dataset 0.9.0",
        "download",
        "validate",
        "tokenize",
        "pretrain",
        "train",
        "models/adversarial",
    ]
    arrows = [tuple(nodes[end] for end in line.split(" --> ")) for line in map(str.strip, lines) if "-->" in line]
    assert ("pretrain", "train") in arrows
    assert ("tokenize", "train") in arrows
    assert ("train", "models/adversarial") in arrows
    assert len(arrows) == 7


def test_mermaid_escapes_what_is_special_to_it(own: Clone) -> None:
    text = mermaid(named(chain(), 'a"b#1 <x> & `y`'))
    assert '"a#quot;b#35;1 #lt;x#gt; #amp; `y`<br/>' in text


def test_an_input_points_to_the_stages_that_use_it(own: Clone) -> None:
    text = mermaid(chain("data/excluded.csv"))
    assert '["data/excluded.csv<br/>' in text
    assert '["validate"]' in text
    assert text.count("-->") == 1


def test_control_characters_do_not_break_the_picture(own: Clone) -> None:
    assert '"a  [0m <br/>' in mermaid(named(chain(), "a\x00\x1b[0m\n"))
