"""Where the boxes and lines of a graph go when it is drawn in layers from top to bottom, with few crossings.

The method of Sugiyama, Tagawa and Toda (1981): layers by longest path, a lane of points where a line passes layers, an
order within each layer by the mean position of neighbours, and then coordinates by the same means.
"""

from collections import defaultdict
from dataclasses import dataclass
from graphlib import TopologicalSorter
from itertools import pairwise

GAP, LAYER_GAP, LANE = 28.0, 46.0, 6.0
"""Pixels between boxes of a layer, between layers, and the width of a lane."""
ROUNDS = 12

Point = tuple[float, float]
Cell = tuple[str, int]
"""A box, or a point of the lane of the box with this name, and its layer."""


@dataclass(frozen=True)
class Layout:
    """Places in pixels, from the left and the top."""

    boxes: dict[str, Point]
    """The middle of each box."""
    lines: dict[tuple[str, str], list[Point]]
    """Of each edge: from the foot of a box, through entry and exit of every layer between, to the head of a box."""
    width: float
    height: float


def place(sizes: dict[str, Point], edges: list[tuple[str, str]]) -> Layout:
    """Lay out an acyclic graph.

    Args:
        sizes: width and height of each box.
        edges: pairs of boxes; the first comes above the second.
    """
    layer = _layers(list(sizes), edges)
    segments = _segments(layer, edges)
    rows: list[list[Cell]] = [[] for _ in range(max(layer.values()) + 1)]
    for cell in dict.fromkeys([*((name, layer[name]) for name in sizes), *(c for pair in segments for c in pair)]):
        rows[cell[1]].append(cell)
    above, below = _neighbours(segments)
    rows = _ordered(rows, above, below)
    widths = {cell: sizes[cell[0]][0] if layer[cell[0]] == cell[1] else LANE for row in rows for cell in row}
    x = _across(rows, widths, above, below)
    heights = [max((sizes[n][1] for n, number in row if layer[n] == number), default=0.0) for row in rows]
    tops = [GAP + sum(heights[:n]) + n * LAYER_GAP for n in range(len(rows))]
    left = min(x[cell] - widths[cell] / 2 for cell in x) - GAP
    middle = {cell: round(value - left, 1) for cell, value in x.items()}
    boxes = {name: (middle[name, n], round(tops[n] + heights[n] / 2, 1)) for name, n in layer.items()}
    lines = {}
    for start, end in edges:
        points = [(boxes[start][0], round(boxes[start][1] + sizes[start][1] / 2, 1))]
        for n in range(layer[start] + 1, layer[end]):
            points += [(middle[start, n], round(tops[n], 1)), (middle[start, n], round(tops[n] + heights[n], 1))]
        lines[start, end] = [*points, (boxes[end][0], round(boxes[end][1] - sizes[end][1] / 2, 1))]
    width = max(middle[cell] + widths[cell] / 2 for cell in x) + GAP
    return Layout(boxes, lines, round(width, 1), round(tops[-1] + heights[-1] + GAP, 1))


def _layers(names: list[str], edges: list[tuple[str, str]]) -> dict[str, int]:
    before: dict[str, list[str]] = {name: [start for start, end in edges if end == name] for name in names}
    layer: dict[str, int] = {}
    for name in TopologicalSorter(before).static_order():
        layer[name] = max((layer[start] + 1 for start in before[name]), default=0)
    return {name: layer[name] for name in names}


def _segments(layer: dict[str, int], edges: list[tuple[str, str]]) -> list[tuple[Cell, Cell]]:
    """The pieces of the lines from one layer to the next; the lines of one box share its lane."""
    pieces: dict[tuple[Cell, Cell], None] = {}
    for start, end in edges:
        cells = [*((start, n) for n in range(layer[start], layer[end])), (end, layer[end])]
        pieces |= dict.fromkeys(pairwise(cells))
    return list(pieces)


def _neighbours(segments: list[tuple[Cell, Cell]]) -> tuple[dict[Cell, list[Cell]], dict[Cell, list[Cell]]]:
    above, below = defaultdict(list), defaultdict(list)
    for start, end in segments:
        above[end].append(start)
        below[start].append(end)
    return above, below


def _ordered(rows: list[list[Cell]], above: dict[Cell, list[Cell]], below: dict[Cell, list[Cell]]) -> list[list[Cell]]:
    best, fewest = rows, _crossings(rows, below)
    for turn in range(ROUNDS):
        rows = [list(row) for row in rows]
        numbers = range(1, len(rows)) if turn % 2 == 0 else range(len(rows) - 2, -1, -1)
        for n in numbers:
            beside, neighbours = (rows[n - 1], above) if turn % 2 == 0 else (rows[n + 1], below)
            place_of = {cell: position for position, cell in enumerate(beside)}
            wanted = {
                cell: _mean([place_of[near] for near in neighbours[cell]], position)
                for position, cell in enumerate(rows[n])
            }
            rows[n].sort(key=wanted.__getitem__)
        if (crossings := _crossings(rows, below)) < fewest:
            best, fewest = rows, crossings
    return best


def _crossings(rows: list[list[Cell]], below: dict[Cell, list[Cell]]) -> int:
    total = 0
    for row, following in pairwise(rows):
        place_of = {cell: position for position, cell in enumerate(following)}
        ends = [end for cell in row for end in sorted(place_of[other] for other in below[cell])]
        total += sum(a > b for n, a in enumerate(ends) for b in ends[n + 1 :])
    return total


def _across(
    rows: list[list[Cell]],
    widths: dict[Cell, float],
    above: dict[Cell, list[Cell]],
    below: dict[Cell, list[Cell]],
) -> dict[Cell, float]:
    """The middle of each cell: near the mean of its neighbours, and clear of the cells beside it."""
    x: dict[Cell, float] = {}
    for row in rows:
        x |= _apart(row, dict.fromkeys(row, 0.0), widths)
    for turn in range(ROUNDS):
        near = above if turn % 2 == 0 else below
        for row in rows if turn % 2 == 0 else rows[::-1]:
            x |= _apart(row, {c: _mean([x[a] for a in near[c]], x[c]) for c in row}, widths)
    return x


def _apart(row: list[Cell], wanted: dict[Cell, float], widths: dict[Cell, float]) -> dict[Cell, float]:
    """As near to what is wanted as fits: the mean of pushing to the right and pushing to the left."""
    right: list[float] = []
    for n, cell in enumerate(row):
        least = right[-1] + (widths[row[n - 1]] + widths[cell]) / 2 + GAP if n else wanted[cell]
        right.append(max(wanted[cell], least))
    left: list[float] = []
    for n, cell in enumerate(reversed(row)):
        most = left[-1] - (widths[row[len(row) - n]] + widths[cell]) / 2 - GAP if n else wanted[cell]
        left.append(min(wanted[cell], most))
    return {cell: (a + b) / 2 for cell, a, b in zip(row, right, reversed(left), strict=True)}


def _mean(values: list[float] | list[int], default: float) -> float:
    return sum(values) / len(values) if values else default
