"""The console command `jppnet`, and `python -m jppnet_tf`."""

import importlib
import os
import re

import pytest

import jppnet_tf
from jppnet_tf.commands import console
from tests.programs import ROOT, restored_process, start_program


@pytest.fixture
def run_jppnet(capsys):
    """Function that runs `jppnet` in this process: status, stdout and stderr."""

    def run(*arguments):
        with restored_process(), pytest.raises(SystemExit) as end:
            console.main(arguments)
        return end.value.code, *capsys.readouterr()

    return run


def test_help_has_a_line_for_each_command(run_jppnet):
    status, output, errors = run_jppnet("--help")
    assert (status, errors) == (0, "")
    listed = re.findall(r"^  (\S+)  +(\S.*\.)$", output, re.MULTILINE)
    assert dict(listed) == console.COMMANDS and len(listed) >= 8
    assert run_jppnet("-h") == (status, output, errors)


@pytest.mark.parametrize("name, line", console.COMMANDS.items())
def test_the_line_of_a_command_is_its_modules(name, line):
    body = importlib.import_module(f"jppnet_tf.commands.{name.replace('-', '_')}")
    assert body.__doc__.splitlines()[0] == line


def test_every_command_has_a_program_and_every_program_a_command():
    called = [
        re.search(r"cli\.run\((\w+)\)", path.read_text())[1]
        for path in (ROOT / "tools").glob("*.py")
    ]
    assert sorted(called) == sorted(name.replace("-", "_") for name in console.COMMANDS)


def test_a_command_gets_the_other_words(run_jppnet, tmp_path):
    status, output, errors = run_jppnet("figures", "--help")
    assert (status, errors) == (0, "") and output.startswith("Renders clothed people")
    words = ("--data", tmp_path, "--output", tmp_path, "--show_settings", "--set", "epochs=3")
    status, output, errors = run_jppnet("train", *map(str, words))
    assert (status, errors) == (0, "") and '"epochs": 3' in output


@pytest.mark.parametrize(
    "words, message",
    [
        (["infre"], "error: there is no command 'infre'; did you mean infer? There are: infer, "),
        (["Evaluate"], "'Evaluate'; did you mean evaluate? There are: infer, train"),
        (["a\nb"], r"error: there is no command 'a\nb'; There are: infer, train"),
        (["--weights", "w"], "error: '--weights' is not a command; name one of them first: infer"),
        ([], "error: name a command: infer, train, "),
        ([""], "error: name a command: infer, train, "),
        (["cli"], "error: there is no command 'cli'; "),
        (["benchmark.samples"], "error: there is no command 'benchmark.samples'; "),
    ],
)
def test_what_is_not_a_command(run_jppnet, words, message):
    status, output, errors = run_jppnet(*words)
    assert (status, output, errors.count("\n")) == (2, "", 1)
    assert message in errors
    assert all(name in errors for name in console.COMMANDS)


def test_the_version(run_jppnet):
    assert run_jppnet("--version") == (0, f"jppnet_tf {jppnet_tf.__version__}\n", "")


def test_the_module_answers_at_once_and_loads_nothing_large():
    program = """
import runpy, sys
sys.argv[1:] = ["--help"]
try:
    runpy.run_module("jppnet_tf", run_name="__main__")
finally:
    large = {"tensorflow", "keras", "numpy", "cv2", "scipy", "absl", "PIL"}
    print("loaded:", sorted(large & set(sys.modules)))
"""
    status, output, errors = start_program("-c", program)
    assert (status, errors) == (0, "")
    assert "  infer  " in output and output.endswith("loaded: []\n")

    def measure():
        """Seconds of processor time, which a busy machine does not stretch as it does others."""
        before = os.times()
        assert start_program("-m", "jppnet_tf", "--help")[0] == 0
        after = os.times()
        used = zip(before[2:4], after[2:4], strict=True)  # of child processes: user, system
        return sum(end - begin for begin, end in used)

    assert 0 < min(measure() for _ in range(3)) < 0.5
