"""Exit statuses and messages, the same for every program."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT

PROGRAM = """
import sys
from absl import flags
from jppnet_tf import cli, errors
HOW = flags.DEFINE_string("how", None, "What happens.", required=True)
def main():
    if HOW.value == "input": raise errors.InputError("photo.jpg: broken")
    if HOW.value == "os": raise PermissionError(13, "Permission denied", "/out")
    if HOW.value == "defect": raise ZeroDivisionError
    if HOW.value == "interrupt": raise KeyboardInterrupt
    return {"one": 1}.get(HOW.value)
cli.run(main)
"""


@pytest.mark.parametrize(
    "arguments, status, message",
    [
        (["--how=fine"], 0, ""),
        (["--how=one"], 1, ""),
        (["--how=input"], 2, "error: photo.jpg: broken\n"),
        (["--how=os"], 2, "error: [Errno 13] Permission denied: '/out'\n"),
        (["--how=interrupt"], 130, "interrupted\n"),
        (["--how=fine", "more"], 2, "error: unexpected argument 'more'; --help lists the flags\n"),
    ],
)
def test_exit_status_and_message(arguments, status, message):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (status, message)


def test_wrong_flags_and_defects():
    def run(*arguments):
        command = [sys.executable, "-c", PROGRAM, *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    for arguments in ([], ["--hwo=fine"], ["--how"]):
        done = run(*arguments)
        assert done.returncode == 2 and done.stderr.count("\n") == 1
        assert "how" in done.stderr and done.stderr.startswith("error: ")
    defect = run("--how=defect")
    assert defect.returncode == 1 and "Traceback" in defect.stderr


@pytest.mark.parametrize("tool", sorted(path.name for path in (ROOT / "tools").glob("*.py")))
@pytest.mark.parametrize("flag", ["--help", "-h", "--helpshort", "--help=true"])
def test_every_program_has_its_help_without_tensorflow(run_tool, tool, flag):
    status, output, errors = run_tool(tool, flag)
    assert status == 0 and errors == ""
    assert "python tools/" in output and "--" in output
    hide = "import sys, runpy; sys.modules['tensorflow'] = None; "  # importing it fails
    program = f"sys.argv = ['x', '{flag}']; runpy.run_path('tools/{tool}', run_name='__main__')"
    command = [sys.executable, "-c", hide + program]
    assert subprocess.run(command, cwd=ROOT, capture_output=True).returncode == 0
