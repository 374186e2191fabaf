"""The import rules of docs/architecture.md, and what may load TensorFlow."""

import ast
import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT

PACKAGE = "jppnet_tf"


def read_table():
    """The table of docs/architecture.md: room -> set of rooms it may import."""
    rows = re.findall(
        r"^\| `([a-z_.]+)` \|[^|]*\| ([^|]*) \|$",
        (ROOT / "docs/architecture.md").read_text(),
        re.MULTILINE,
    )
    return {room: set(re.findall(r"`([a-z_.]+)`", allowed)) for room, allowed in rows}


def room_of(module, rooms):
    """The longest room that the module (without the package's name) lies in."""
    fitting = [room for room in rooms if f"{module}.".startswith(f"{room}.")]
    return max(fitting, key=len, default=None)


def imported_modules(source):
    """Modules of ours that a file imports, anywhere in it, without the package's name."""
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"relative import in line {node.lineno}"]
        yield from (
            name.removeprefix(PACKAGE + ".") for name in names if not name.startswith(PACKAGE + "_")
            if name.split(".")[0] == PACKAGE or name.startswith("relative")
        )  # fmt: skip


def test_every_module_imports_only_what_its_room_may():
    table = read_table()
    wrong = []
    for file in sorted((ROOT / PACKAGE).rglob("*.py")):
        module = ".".join(file.relative_to(ROOT / PACKAGE).with_suffix("").parts)
        if module == "__init__":
            continue
        room = room_of(module.removesuffix(".__init__"), table)
        assert room, f"{module} has no row in docs/architecture.md"
        for imported in imported_modules(file.read_text()):
            target = room_of(imported, table)
            if target not in table[room] | {room, "errors", "files"}:
                wrong.append(f"{module} imports {imported}")
    assert not wrong


def test_nothing_imports_tools():
    for file in (ROOT / PACKAGE).rglob("*.py"):
        assert not re.search(r"^\s*(from|import) tools\b", file.read_text(), re.MULTILINE), file


@pytest.mark.parametrize("pattern", [r"tf\.keras", r"tensorflow\.python", r"keras\.src"])
def test_no_private_or_bundled_keras(pattern):
    for file in [*(ROOT / PACKAGE).rglob("*.py"), *(ROOT / "tools").rglob("*.py")]:
        assert not re.search(pattern, file.read_text()), file


def test_models_name_no_tensorflow():
    for file in (ROOT / PACKAGE / "models").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in getattr(node, "names", [])]
            assert "tensorflow" not in f"{getattr(node, 'module', '')} {names}", file


def test_importing_the_package_and_its_labels_loads_no_tensorflow():
    program = (
        "import sys, jppnet_tf; from jppnet_tf import LIP, labels, cli; "
        "sys.exit(bool({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT).returncode == 0


def test_every_public_name_exists():
    import jppnet_tf

    assert "Predictor" in dir(jppnet_tf)
    for name in jppnet_tf.__all__:
        assert getattr(jppnet_tf, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Predicter'"):
        _ = jppnet_tf.Predicter
