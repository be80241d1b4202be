"""What a stage imports, found without running it: every `promptgan` file that its script reaches."""

import ast
import functools
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def closure(stage: str, params: dict[str, Any], root: Path = ROOT) -> set[str]:
    """Paths, relative to ``root``, of the stage's script and of all project code that it imports.

    Function-level imports count; those under ``if TYPE_CHECKING`` do not. ``base.choose(package, ..., key)`` imports
    the file that ``key`` names in ``params``. Package files hold a docstring only, so only the top one counts.
    """
    found = {f"stages/{stage}.py"}
    waiting = list(found)
    while waiting:
        file = waiting.pop()
        for module in _imports(root / file, params):
            path = f"src/{module.replace('.', '/')}.py"
            if (root / path).is_file() and path not in found:
                found.add(path)
                waiting.append(path)
    return found | {"src/promptgan/__init__.py"}


def _imports(file: Path, params: dict[str, Any]) -> set[str]:
    modules = set()
    for node in _nodes(file):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "choose":
            package, key = (ast.literal_eval(node.args[i]) for i in (0, 2))
            modules.add(f"{package}.{value_of(params, key)}")
    return {module for module in modules if module.startswith("promptgan.")}


@functools.cache
def _nodes(file: Path) -> list[ast.AST]:
    return _running(ast.parse(file.read_text(encoding="utf-8")))


def _running(tree: ast.AST) -> list[ast.AST]:
    nodes = []
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        nodes += [child, *_running(child)]
    return nodes


def value_of(params: dict[str, Any], key: str) -> Any:
    """The value of a dotted key."""
    value: Any = params
    for part in key.split("."):
        value = value[part]
    return value
