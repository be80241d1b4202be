"""The README and docs/: what they list is what there is, and their links lead somewhere."""

import re
from pathlib import Path

import pytest

from promptgan.core.choices import choices

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def anchors(page: Path) -> set[str]:
    """Of the headings of a page, as GitHub makes them."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text(encoding="utf-8")):
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_no_row_stands_outside_of_its_table() -> None:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"^\|.*\n\n\|(?!.*\n\| --- )", text, re.MULTILINE), page.name


def test_the_list_of_pages_in_the_readme_has_all() -> None:
    listed = (ROOT / "README.md").read_text(encoding="utf-8").partition("\nHow-tos: ")[2].partition("\n\n")[0]
    assert {page.name for page in PAGES[2:]} == set(re.findall(r"\(docs/([^)]+)\)", listed))


def test_the_tree_in_the_readme_has_every_room_and_method() -> None:
    tree = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## The tree\n")[2].partition("\nHow-tos: ")[0]
    rooms = {path.name for path in (ROOT / "src/promptgan").iterdir() if (path / "__init__.py").is_file()}
    assert {room for room in rooms if f" {room}/ " not in tree} == set()
    methods = re.search(r"methods/: ([a-z_, ]+)", tree)
    assert methods and set(methods[1].split(", ")) == {*choices("promptgan.training.methods")} - {"none"}
