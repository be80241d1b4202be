"""Where the boxes and lines of a graph go when it is drawn in layers from top to bottom, laid out by grandalf."""

from dataclasses import dataclass

GAP, LAYER_GAP = 28.0, 46.0
"""Pixels between boxes of a layer and around the picture, and between layers."""
ROUNDS = 12

Point = tuple[float, float]


@dataclass(frozen=True)
class Layout:
    """Places in pixels, from the left and the top."""

    boxes: dict[str, Point]
    """The middle of each box."""
    lines: dict[tuple[str, str], list[Point]]
    """Of each edge: from the foot of a box, through entry and exit of every layer between, to the head of a box."""
    width: float
    height: float


class _View:
    """What grandalf asks of a box, its size, and what it gives it, a place."""

    def __init__(self, size: Point) -> None:
        self.w, self.h = size
        self.xy: Point = (0.0, 0.0)


def place(sizes: dict[str, Point], edges: list[tuple[str, str]]) -> Layout:
    """Lay out a connected acyclic graph by the method of Sugiyama, Tagawa and Toda (1981).

    Args:
        sizes: width and height of each box.
        edges: pairs of boxes; the first comes above the second.
    """
    from grandalf.graphs import Edge, Graph, Vertex
    from grandalf.layouts import SugiyamaLayout
    from grandalf.routing import EdgeViewer

    vertices = {name: Vertex(name) for name in sizes}
    for name, vertex in vertices.items():
        vertex.view = _View(sizes[name])
    joined = {(start, end): Edge(vertices[start], vertices[end]) for start, end in edges}
    for edge in joined.values():
        edge.view = EdgeViewer()
    layout = SugiyamaLayout(Graph(list(vertices.values()), list(joined.values())).C[0])
    layout.xspace, layout.yspace = GAP, LAYER_GAP
    layout.route_edge = lambda edge, points: None  # the points alone
    layout.init_all()
    layout.draw(ROUNDS)

    left = min(vertex.view.xy[0] - sizes[name][0] / 2 for name, vertex in vertices.items())
    lanes = [x for edge in joined.values() for x, _ in edge.view._pts]
    left = min([left, *lanes]) - GAP
    top = min(vertex.view.xy[1] - sizes[name][1] / 2 for name, vertex in vertices.items()) - GAP
    boxes = {name: (vertex.view.xy[0] - left, vertex.view.xy[1] - top) for name, vertex in vertices.items()}
    tall: dict[float, float] = {}
    """Half the height of the layer at each place."""
    for name, (_, y) in boxes.items():
        tall[y] = max(tall.get(y, 0.0), sizes[name][1] / 2)
    lines = {}
    for (start, end), edge in joined.items():
        (x, y), (to_x, to_y) = boxes[start], boxes[end]
        passed = [(at_x - left, at_y - top) for at_x, at_y in edge.view._pts[1:-1]]
        through = [(at_x, at_y + side * tall[at_y]) for at_x, at_y in passed for side in (-1, 1)]
        lines[start, end] = [(x, y + sizes[start][1] / 2), *through, (to_x, to_y - sizes[end][1] / 2)]
    width = max([*(x + sizes[name][0] / 2 for name, (x, _) in boxes.items()), *(x - left for x in lanes)]) + GAP
    height = max(y + sizes[name][1] / 2 for name, (_, y) in boxes.items()) + GAP
    return Layout(boxes, lines, width, height)
