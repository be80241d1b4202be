"""What a stage imports, found without running it: every `promptgan` file that its script reaches."""

import ast
import functools
from pathlib import Path
from typing import Any

ROLES = ("generator", "discriminator", "encoder")
RESAMPLING = {"residual"}
"""Methods whose model folders draw by a discriminator too."""
BUILDS_NETWORKS = "src/promptgan/networks/folder.py"
ROOT = Path(__file__).resolve().parents[2]


def closure(stage: str, params: dict[str, Any], root: Path = ROOT) -> set[str]:
    """Paths, relative to ``root``, of the stage's script and of all project code that it imports.

    Function-level imports count; those under ``if TYPE_CHECKING`` do not. ``choose(package, ..., key, part)``
    imports the file, or of a folder the part, that ``key`` names in ``params``; ``chosen_section(package, section,
    ..., by)`` the parameters of one. Whoever builds networks imports those of the roles that the stage reads, or
    loads: of a model that is only drawn from, the generator, and the discriminator where that chooses among answers;
    of a classifier itself, and the generator of its training texts.
    Package files hold a docstring only; the top one counts.
    """
    found = {f"stages/{stage}.py"}
    read = _fields(root / f"stages/{stage}.py")
    drawn_by = ["generator", "discriminator"] if params["train"]["method"] in RESAMPLING else ["generator"]
    if params["task"] == "classification":
        drawn_by = ["encoder", "generator"]
    roles = [role for role in ROLES if role in read] or drawn_by
    waiting = list(found)
    while waiting:
        file = waiting.pop()
        modules = _imports(root / file, params)
        if file == BUILDS_NETWORKS:
            modules |= {
                f"promptgan.networks.{params['form']}.{params[role]['network']}.{part}"
                for role in roles
                for part in ("network", "parameters")
            }
        for module in modules:
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
        elif isinstance(node, ast.Call) and _called(node) == "choose":
            arguments = [_literal(argument) for argument in node.args]
            if isinstance(arguments[0], str) and isinstance(arguments[2], str):
                modules.add(".".join([arguments[0], value_of(params, arguments[2]), *arguments[3:]]))
        elif isinstance(node, ast.Call) and _called(node) == "chosen_section":
            package, section, _, by = (_literal(argument) for argument in node.args)
            if isinstance(package, str):
                modules.add(f"{package}.{params[section][by]}.parameters")
    return {module for module in modules if module.startswith("promptgan.")}


def _called(node: ast.Call) -> str:
    return str(getattr(node.func, "attr", getattr(node.func, "id", "")))


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:  # known only where it runs
        return None


def _fields(script: Path) -> set[str]:
    """The sections that a stage reads."""
    return {
        node.target.id
        for node in ast.walk(ast.parse(script.read_text(encoding="utf-8")))
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }


@functools.cache
def _nodes(file: Path) -> list[ast.AST]:
    """Those that import or choose, which the parameters then decide on."""
    return [
        node
        for node in _running(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        or (isinstance(node, ast.Call) and _called(node) in ("choose", "chosen_section"))
    ]


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
