"""Names every public function of the package that lacks a type hint; status 1 if there are any.

Public is what no name with a leading underscore leads to: functions, methods and their special
ones. Ruff asks for hints of all functions or none, and mypy checks only those that are there.

  python .ci/check_hints.py [FILE OR FOLDER ...]
"""

import ast
import pathlib
import sys

PACKAGE = pathlib.Path(__file__).parents[1] / "jppnet_tf"


def find_missing(source: str) -> list[tuple[int, str]]:
    """The public functions of a module that lack hints.

    Returns:
        list of (line, "Class.function: what lacks a hint").
    """
    return list(_look_into(ast.parse(source), ()))


def _look_into(node, names):
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef) and not _is_private(child.name):
            yield from _look_into(child, (*names, child.name))
        elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if not _is_private(child.name) and (lacking := _lacking(child, bool(names))):
                yield child.lineno, f"{'.'.join((*names, child.name))}: {', '.join(lacking)}"
        elif not isinstance(child, ast.ClassDef):
            yield from _look_into(child, names)  # into `if` and `try`, not into functions


def _is_private(name):
    return name.startswith("_") and not name.endswith("__")


def _lacking(function, is_method):
    """The names of the parameters without a hint, and "return"."""
    positional = [*function.args.posonlyargs, *function.args.args]
    if is_method and not any(
        isinstance(each, ast.Name) and each.id == "staticmethod" for each in function.decorator_list
    ):
        positional = positional[1:]  # self, cls
    others = (function.args.vararg, *function.args.kwonlyargs, function.args.kwarg)
    found = [each.arg for each in (*positional, *others) if each and each.annotation is None]
    returns = function.returns is not None or function.name == "__init__"
    return found + ["return"] * (not returns)


def main(arguments: list[str]) -> int:
    """Prints what is missing: a line each."""
    count = 0
    for place in map(pathlib.Path, arguments or [PACKAGE]):
        for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            for line, text in find_missing(file.read_text(encoding="utf-8")):
                print(f"{file}:{line}: no type hint for {text}")
                count += 1
    return int(count > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
