"""Places of boxes and lines."""

from itertools import combinations, pairwise

import pytest

from promptgan.lineage.layers import GAP, Layout, place

DIAMOND = [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("a", "d"), ("d", "e"), ("a", "e"), ("b", "e")]
SIZES = {"a": (80.0, 30.0), "b": (60.0, 40.0), "c": (120.0, 30.0), "d": (50.0, 20.0), "e": (90.0, 30.0)}


@pytest.fixture
def layout() -> Layout:
    return place(SIZES, DIAMOND)


def test_every_edge_leads_down(layout: Layout) -> None:
    for start, end in DIAMOND:
        assert layout.boxes[start][1] + SIZES[start][1] / 2 < layout.boxes[end][1] - SIZES[end][1] / 2


def test_boxes_do_not_touch_and_lie_inside_of_the_picture(layout: Layout) -> None:
    for one, other in combinations(SIZES, 2):
        apart = [
            abs(layout.boxes[one][axis] - layout.boxes[other][axis]) - (SIZES[one][axis] + SIZES[other][axis]) / 2
            for axis in (0, 1)
        ]
        assert max(apart) >= GAP - 0.2
    for name, (x, y) in layout.boxes.items():
        assert SIZES[name][0] / 2 <= x <= layout.width - SIZES[name][0] / 2
        assert SIZES[name][1] / 2 <= y <= layout.height - SIZES[name][1] / 2


def test_lines_start_and_end_at_their_boxes_and_pass_no_other(layout: Layout) -> None:
    for (start, end), points in layout.lines.items():
        assert points[0] == (layout.boxes[start][0], layout.boxes[start][1] + SIZES[start][1] / 2)
        assert points[-1] == (layout.boxes[end][0], layout.boxes[end][1] - SIZES[end][1] / 2)
        for (x, top), (to_x, foot) in list(pairwise(points))[1::2]:
            assert x == to_x
            for name in SIZES.keys() - {start, end}:
                middle, width = layout.boxes[name], SIZES[name][0]
                assert not (top <= middle[1] <= foot and abs(middle[0] - x) < width / 2)


def test_the_same_graph_has_the_same_layout(layout: Layout) -> None:
    assert place(dict(SIZES), list(DIAMOND)) == layout


def test_crossings_are_undone() -> None:
    sizes = dict.fromkeys("abcd", (40.0, 20.0)) | {"top": (40.0, 20.0)}
    layout = place(sizes, [("top", "a"), ("top", "b"), ("b", "c"), ("a", "d")])
    assert (layout.boxes["a"][0] < layout.boxes["b"][0]) == (layout.boxes["d"][0] < layout.boxes["c"][0])


def test_a_single_box_is_a_picture() -> None:
    layout = place({"a": (40.0, 20.0)}, [])
    assert (layout.width, layout.height) == (40.0 + 2 * GAP, 20.0 + 2 * GAP)
