"""Exit statuses, messages and help, the same for every program."""

import errno
import importlib
import os
import re
import signal
import subprocess
import sys
import types

import pytest
from absl import flags

from jppnet_tf.commands import cli
from jppnet_tf.commands.console import COMMANDS
from jppnet_tf.system.errors import InputError
from tests.programs import ROOT, start_program

TOOLS = sorted(path.name for path in (ROOT / "tools").glob("*.py"))


def build_body(takes_words=False):
    """A command whose flag --how says what happens."""
    body = types.ModuleType("body", "What it does.\n")
    body.FLAGS = flags.FlagValues()
    how = flags.DEFINE_string(
        "how", None, "What happens.", required=True, flag_values=body.FLAGS, module_name="body"
    )
    also = flags.DEFINE_multi_string("also", ["a"], "More of it.", flag_values=body.FLAGS)

    def main():
        if how.value == "input":
            raise InputError("photo.jpg: broken")
        if how.value == "os":
            raise PermissionError(13, "Permission denied", "/out")
        if how.value == "defect":
            raise ZeroDivisionError
        if how.value == "interrupt":
            raise KeyboardInterrupt
        if how.value == "print":
            print(also.value)
        return {"one": 1}.get(how.value)

    def main_of_words(words):
        print(words)

    body.main = main_of_words if takes_words else main
    return body


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
def test_exit_status_and_message(capsys, arguments, status, message):
    assert cli.call(build_body(), arguments) == status
    assert capsys.readouterr() == ("", message)


@pytest.mark.parametrize("arguments", [[], ["--hwo=fine"], ["--how"]])
def test_wrong_flags(capsys, arguments):
    assert cli.call(build_body(), arguments) == 2
    text, errors = capsys.readouterr()
    assert text == "" and errors.count("\n") == 1
    assert "how" in errors and errors.startswith("error: ")


def test_defects_pass():
    with pytest.raises(ZeroDivisionError):
        cli.call(build_body(), ["--how=defect"])


@pytest.mark.parametrize(
    "error, is_ours",
    [
        (OSError(errno.ENOSPC, "No space left on device"), False),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "x.png"), False),
        (OSError(errno.EBADF, "Bad file descriptor"), True),
        (OSError("something of a library's"), True),
    ],
)
def test_only_an_os_error_about_a_file_or_a_full_disk_is_the_users(error, is_ours, capsys):
    def fail():
        raise error

    body = types.SimpleNamespace(FLAGS=flags.FlagValues(), main=fail)
    if is_ours:
        with pytest.raises(OSError):
            cli.call(body, [])
    else:
        assert cli.call(body, []) == 2
        assert capsys.readouterr().err == f"error: {error}\n"


def test_traceback_shows_all_of_an_error(capsys):
    with pytest.raises(InputError):
        cli.call(build_body(), ["--traceback", "--how=input"])
    assert cli.call(build_body(), ["--how=fine"]) == 0


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"])
def test_closed_streams_change_no_status(closed, tmp_path):
    flags = f"--output {tmp_path / 'out'} --count 1 --seed 1 --size 64"
    command = f"{sys.executable} tools/make_figures.py {flags} {closed}"
    assert subprocess.run(["sh", "-c", command], cwd=ROOT, check=False).returncode == 0
    assert len(list(tmp_path.rglob("*.jpg"))) == 1


def test_what_a_terminal_cannot_show_is_escaped(tmp_path):
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    folder = tmp_path / "\u5199\u771f"
    command = [sys.executable, "tools/make_figures.py", "--output", folder]
    command += ["--count", "1", "--seed", "1", "--size", "64"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "\\u5199" in done.stdout and "Traceback" not in done.stderr


def test_positional_arguments_may_stand_anywhere(capsys):
    assert cli.call(build_body(takes_words=True), ["a.jpg", "--how=fine", "b.jpg"]) == 0
    assert capsys.readouterr().out == "['a.jpg', 'b.jpg']\n"


def test_each_call_starts_from_the_defaults(capsys):
    body = build_body()
    calls = [["--how=print", "--also=b", "--also=c"], ["--how=print"], [], ["--how=print"]]
    assert [cli.call(body, arguments) for arguments in calls] == [0, 0, 2, 0]
    assert capsys.readouterr().out == "['b', 'c']\n['a']\n['a']\n"


def test_commands_keep_their_flags_apart(capsys):
    first, second = build_body(), build_body()
    assert cli.call(first, ["--how=print", "--also=b"]) == 0
    assert cli.call(second, ["--how=print"]) == 0
    assert first.FLAGS["also"].value == ["b"] and second.FLAGS["also"].value == ["a"]
    assert not {"how", "also"} & set(flags.FLAGS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_flags_of_its_own(name):
    body = importlib.import_module(f"jppnet_tf.commands.{name.replace('-', '_')}")
    assert len(body.FLAGS) >= 4
    assert not set(body.FLAGS) & set(flags.FLAGS)


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("flag", ["--help", "-h", "--helpshort", "--help=true"])
def test_every_program_has_its_help(run_tool, tool, flag):
    status, output, errors = run_tool(tool, flag)
    assert (status, errors) == (0, "")
    command = re.search(r"cli\.run\((\w+)\)", (ROOT / "tools" / tool).read_text())[1]
    body = importlib.import_module(f"jppnet_tf.commands.{command}")
    before, _, listed = output.partition("\nflags:\n")
    assert before == body.__doc__ and f"  jppnet {command.replace('_', '-')} " in before
    for name in body.FLAGS:
        assert f"  --{name}:" in listed or f"  --[no]{name}:" in listed


def test_help_loads_neither_tensorflow_nor_keras():
    program = """
import runpy, sys
sys.modules["tensorflow"] = None  # importing it fails
for tool in sys.argv[1:]:
    sys.argv = [tool, "--help"]
    try:
        runpy.run_path("tools/" + tool, run_name="__main__")
    except SystemExit as end:
        print("status", end.code, "keras" in sys.modules)
"""
    assert len(TOOLS) == 12
    status, output, errors = start_program("-c", program, *TOOLS)
    assert (status, errors, output.count("status 0 False\n")) == (0, "", len(TOOLS))


def test_a_real_program_ends_with_the_same_statuses(tmp_path):
    status, output, errors = start_program("infer.py", "a.jpg")
    assert (status, output) == (2, "") and errors.startswith("error: flag --output=None")
    program = "from jppnet_tf.commands import cli, figures\n"
    program += "def main(): raise ZeroDivisionError\n"
    program += "figures.main = main\ncli.run(figures, ['--output=x', '--count=1', '--seed=1'])"
    status, output, errors = start_program("-c", program)
    assert status == 1 and "Traceback" in errors and "ZeroDivisionError" in errors


def test_a_reader_that_has_enough_ends_a_program_quietly():
    reading, writing = os.pipe()
    os.close(reading)  # as `head` does when it has its lines
    command = [sys.executable, "tools/infer.py", "--help"]
    done = subprocess.run(command, cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, text=True)
    os.close(writing)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, "")
