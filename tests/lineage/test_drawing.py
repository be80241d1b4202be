"""A chain as Mermaid and SVG."""

import dataclasses
import re
import xml.etree.ElementTree as ElementTree

from promptgan.lineage import drawing, lock, trace
from promptgan.lineage.trace import Chain
from tests.pipeline.clone import Clone

SVG = "{http://www.w3.org/2000/svg}"


def chain(name: str = "models/adversarial") -> Chain:
    return trace.trace(name, lock.read())


def named(found: Chain, name: str) -> Chain:
    return dataclasses.replace(found, target=dataclasses.replace(found.target, name=name))


def test_mermaid_has_a_node_for_package_stages_and_target_and_their_arrows(own: Clone) -> None:
    first, *lines = drawing.mermaid(chain()).splitlines()
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
    text = drawing.mermaid(named(chain(), 'a"b#1 <x> & `y`'))
    assert '"a#quot;b#35;1 #lt;x#gt; #amp; `y`<br/>' in text


def test_svg_is_xml_with_every_name_and_no_link_to_elsewhere(own: Clone) -> None:
    text = drawing.svg(named(chain(), 'a<b>&"c"'))
    root = ElementTree.fromstring(text)
    words = [element.text for element in root.iter(f"{SVG}text")]
    assert {"chitchat-dataset 0.9.0", "licence MIT", "train", "tokenize", 'a<b>&"c"'} <= set(words)
    assert len(list(root.iter(f"{SVG}path"))) == 7 + 1  # the arrows and their head
    assert re.findall(r"https?://[^\"]+", text) == ["http://www.w3.org/2000/svg"]


def test_the_same_chain_is_the_same_bytes(own: Clone) -> None:
    assert drawing.svg(chain()) == drawing.svg(chain())
    assert drawing.mermaid(chain()) == drawing.mermaid(chain())


def test_text_fits_its_box(own: Clone) -> None:
    root = ElementTree.fromstring(drawing.svg(named(chain(), "春眠不覺曉處處聞啼鳥" * 3)))
    boxes = [element for element in root.iter(f"{SVG}rect") if "rx" in element.attrib]
    for element in root.iter(f"{SVG}text"):
        x, y = float(element.attrib["x"]), float(element.attrib["y"])
        box = next(
            b
            for b in boxes
            if 0 < x - float(b.attrib["x"]) < 20 and 0 < y - float(b.attrib["y"]) < float(b.attrib["height"])
        )
        assert element.text
        columns = sum(2 if ord(character) > 0x2E80 else 1 for character in element.text)
        assert columns * 6.6 <= float(box.attrib["width"])


def test_an_input_points_to_the_stages_that_use_it(own: Clone) -> None:
    text = drawing.mermaid(chain("data/excluded.csv"))
    assert '["data/excluded.csv<br/>' in text
    assert '["validate"]' in text
    assert text.count("-->") == 1


def test_control_characters_do_not_break_the_picture(own: Clone) -> None:
    ElementTree.fromstring(drawing.svg(named(chain(), "a\x00b\x1b[0m\n")))
