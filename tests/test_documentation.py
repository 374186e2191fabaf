"""What the documentation names is there."""

import re

from tests.conftest import ROOT


def test_every_test_that_fidelity_names_exists():
    text = (ROOT / "docs/fidelity.md").read_text(encoding="utf-8")
    named = re.findall(r"`(?:tests/)?([\w/]*test_\w+\.py)(?:::(test_\w+))?`", text)
    assert len(named) > 20
    tests = ROOT / "tests"
    files = {str(path.relative_to(tests)): path for path in tests.rglob("test_*.py")}
    missing = {
        f"{name}::{test}" if test else name
        for name, test in named
        if not any(
            (path == name or path.endswith(f"/{name}"))
            and (not test or f"def {test}(" in file.read_text(encoding="utf-8"))
            for path, file in files.items()
        )
    }
    assert missing == set()
