"""The rules of imports in docs/architecture.md, what may load TensorFlow, and type hints."""

import ast
import importlib.util
import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT

PACKAGE = "jppnet_tf"
OPEN_TO_ALL = ("labels", "system")


def read_table():
    """The table of docs/architecture.md: room -> set of rooms it may import, or "everything"."""
    rows = re.findall(
        r"^\| `([a-z]+)` \|[^|]*\| ([^|]*) \|$",
        (ROOT / "docs/architecture.md").read_text(),
        re.MULTILINE,
    )
    return {
        room: allowed if allowed == "everything" else set(re.findall(r"`([a-z]+)`", allowed))
        for room, allowed in rows
    }


def imported_modules(source):
    """Modules of ours that a file imports, anywhere in it, without the package's name."""
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{PACKAGE}.relative import in line {node.lineno}"]
        yield from (
            name.removeprefix(f"{PACKAGE}.") for name in names if name.startswith(f"{PACKAGE}.")
        )


def rooms_and_imports():
    """(room, file, room that the file imports) for every import between rooms."""
    for file in sorted((ROOT / PACKAGE).rglob("*.py")):
        room, *rest = file.relative_to(ROOT / PACKAGE).with_suffix("").parts
        if not rest and room in ("__init__", "__main__"):
            continue
        for imported in imported_modules(file.read_text()):
            yield room, file.relative_to(ROOT), imported.split(".")[0]


def test_every_room_has_a_row_and_every_row_a_room():
    files = (file for file in (ROOT / PACKAGE).iterdir() if not file.name.startswith("__"))
    rooms = {file.stem for file in files if file.suffix == ".py" or any(file.glob("*.py"))}
    assert rooms == read_table().keys()


def test_every_module_imports_only_what_its_room_may():
    table = read_table()
    wrong = [
        f"{file} imports {target}"
        for room, file, target in rooms_and_imports()
        if table[room] != "everything" and target not in table[room] | {room, *OPEN_TO_ALL}
    ]
    assert not wrong


def test_every_permission_is_used():
    used = {(room, target) for room, _, target in rooms_and_imports()}
    allowed = {
        (room, target)
        for room, targets in read_table().items()
        if targets != "everything"
        for target in targets
    }
    assert allowed - used == set()


def test_only_programs_import_commands():
    others = [file for room, file, target in rooms_and_imports() if target == "commands" != room]
    assert not others


def test_nothing_imports_tools():
    for file in (ROOT / PACKAGE).rglob("*.py"):
        assert not re.search(r"^\s*(from|import) tools\b", file.read_text(), re.MULTILINE), file


@pytest.mark.parametrize("pattern", [r"tf\.keras", r"tensorflow\.python", r"keras\.src"])
def test_no_private_or_bundled_keras(pattern):
    for file in [*(ROOT / PACKAGE).rglob("*.py"), *(ROOT / "tools").rglob("*.py")]:
        assert not re.search(pattern, file.read_text()), file


def test_models_name_no_tensorflow():
    for file in (ROOT / PACKAGE / "models").rglob("*.py"):
        if "maps" in file.parts:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in getattr(node, "names", [])]
            assert "tensorflow" not in f"{getattr(node, 'module', '')} {names}", file


def test_importing_the_package_and_its_labels_loads_no_tensorflow():
    program = (
        "import sys, jppnet_tf; import jppnet_tf.commands.cli; from jppnet_tf import LIP, labels; "
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


def test_tools_that_read_types_find_the_public_names():
    import jppnet_tf

    tree = ast.parse((ROOT / PACKAGE / "__init__.py").read_text())
    stated = {
        name.asname: f"{node.module}.{name.name}"
        for branch in tree.body
        if isinstance(branch, ast.If)
        for node in branch.body
        for name in node.names
    }
    homes = {name: f"{PACKAGE}.{home}.{name}" for name, home in jppnet_tf._HOMES.items()}
    assert stated == homes
    assert (ROOT / PACKAGE / "py.typed").exists()


@pytest.fixture(scope="module")
def hints():
    """.ci/check_hints.py, which `make lint` runs."""
    spec = importlib.util.spec_from_file_location("check_hints", ROOT / ".ci/check_hints.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "source, missing",
    [
        ("def f(a: int, *b: int, c: int = 1, **d: int) -> None: ...", []),
        ("def f(a, *b, c=1, **d): ...", ["f: a, b, c, d, return"]),
        ("def _f(a): ...\nclass _C:\n    def f(self, a): ...", []),
        ("class C:\n    def f(self, a) -> int: ...", ["C.f: a"]),
        ("class C:\n    def __init__(self, a: int): ...", []),
        ("class C:\n    def __init__(self, a): ...", ["C.__init__: a"]),
        ("class C:\n    def __len__(self): ...", ["C.__len__: return"]),
        ("class C:\n    @staticmethod\n    def f(a) -> int: ...", ["C.f: a"]),
        ("if 1:\n    def f(): ...", ["f: return"]),
        ("def f() -> None:\n    def g(a): ...", []),
    ],
)
def test_hints_that_are_missing_are_named(hints, source, missing):
    assert [text for _, text in hints.find_missing(source)] == missing


def test_a_file_without_hints_fails(hints, tmp_path, capsys):
    (tmp_path / "a.py").write_text("\n\ndef f(a): ...\n")
    assert hints.main([str(tmp_path)]) == 1
    assert capsys.readouterr().out == f"{tmp_path}/a.py:3: no type hint for f: a, return\n"
    (tmp_path / "a.py").write_text("def f(a: int) -> None: ...\n")
    assert hints.main([str(tmp_path)]) == 0
