"""Where two pages differ is told as people see them, never as a scrap of markup."""

from promptgan.lineage.checks.passages import first_difference

PAGE = """<!DOCTYPE html>
<html><head><style>p { color: red }</style></head><body>
<h1>Run <em>one</em></h1><p>All is well.</p>
<h2>What came out</h2><table><tr><th scope="row">twin</th><td class="number">0.51</td><td>0.52</td></tr></table>
<svg><path d="M0 1"/></svg></body></html>
"""


def test_a_number_is_told_with_its_row_below_its_heading() -> None:
    found = first_difference(PAGE, PAGE.replace("0.52", "0.92"))
    assert found == ("What came out", "What came out twin 0.51 0.52", "What came out twin 0.51 0.92")


def test_a_heading_of_several_pieces_is_whole() -> None:
    assert first_difference(PAGE, PAGE.replace("well", "bad")) == (
        "Run one", "one All is well.", "one All is bad."
    )  # fmt: skip


def test_what_nobody_reads_is_no_passage() -> None:
    for one, other in (("red", "blue"), ("M0 1", "M0 2"), ('class="number"', 'class="x"')):
        heading, _, found = first_difference(PAGE, PAGE.replace(one, other))
        assert (heading, found) == ("", "the same words with other marks, pictures or spaces")


def test_what_was_cut_off_or_added_at_the_end_is_told() -> None:
    longer = PAGE.replace("</body>", "<p>And more.</p></body>")
    assert first_difference(longer, PAGE).found == "nothing more"
    assert first_difference(PAGE, longer).expected == "nothing more"


def test_markdown_has_headings_too() -> None:
    text = "---\nlicense: other\n---\n\n# Card\n\nfine\n\n## Numbers\n\n| twin | 0.5 |\n"
    assert first_difference(text, text.replace("0.5", "0.6")) == (
        "Numbers", "## Numbers | twin | 0.5 |", "## Numbers | twin | 0.6 |"
    )  # fmt: skip
    assert first_difference(text, text.replace("other", "mit")).heading == ""


def test_a_long_passage_is_cut() -> None:
    words = " ".join(f"word{number}" for number in range(100))
    _, expected, found = first_difference(f"<p>{words}</p>", f"<p>{words.replace('word50', 'other')}</p>")
    assert "word49 word50" in expected and "word49 other" in found
    for text in (expected, found):
        assert text.startswith("... ") and text.endswith(" ...") and len(text) < 115
