"""tools/make_figures.py as its user runs it, mostly in this process."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest

from jppnet_tf.data.lip import read_split
from tests.programs import ROOT


def test_both_splits_in_one_folder(run_tool, tmp_path):
    for split, count in (("train", 3), ("val", 2)):
        arguments = ("--output", tmp_path, "--count", count, "--seed", count, "--size", 64)
        status, text, errors = run_tool("make_figures.py", *arguments, "--split", split)
        assert status == 0, errors
        assert text == f"{count} figures in {tmp_path}, split {split}, seed {count}\n"
        assert f"{count}/{count}" in errors  # tqdm
        assert len(read_split(tmp_path, split).records) == count
    status, text, errors = run_tool("make_figures.py", *arguments)
    assert (status, text) == (2, "") and "Traceback" not in errors
    assert "error: " in errors and "--overwrite" in errors
    assert run_tool("make_figures.py", *arguments, "--overwrite")[0] == 0


@pytest.mark.parametrize(
    "flag, value",
    [("--count", "0"), ("--seed", "-1"), ("--size", "8"), ("--split", "test"), ("--count", "x")],
)
def test_bad_flags_are_one_line_and_status_2(run_tool, tmp_path, flag, value):
    arguments = {"--output": tmp_path / "set", "--count": "1", "--seed": "1"} | {flag: value}
    words = [word for pair in arguments.items() for word in pair]
    status, text, errors = run_tool("make_figures.py", *words)
    assert (status, text, errors.count("\n")) == (2, "", 1)
    assert errors.startswith("error: ") and flag.strip("-") in errors
    assert not (tmp_path / "set").exists()


def test_it_loads_no_tensorflow():
    program = (
        "import sys; from jppnet_tf.data.figures.dataset import render_figure; "
        "render_figure(1, 64); "
        "sys.exit(bool({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT).returncode == 0


@pytest.mark.parametrize(
    "stop, status, rendered",
    [(signal.SIGINT, 130, 0), (signal.SIGINT, 130, 1), (signal.SIGTERM, 143, 1)],
)
def test_a_stopped_program_leaves_no_split(tmp_path, stop, status, rendered):
    command = [sys.executable, ROOT / "tools/make_figures.py", "--output", tmp_path,
               "--count", "100000", "--seed", "1", "--size", "64"]  # fmt: skip
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    running = subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True,
        # A shell that runs the tests in the background would have it ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    seen = ""
    while not re.search(rf"[{rendered}-9]/100000", seen):
        seen += running.stderr.read(1)
    if not rendered:
        time.sleep(0.3)  # into the start of the workers
    # A terminal sends Ctrl-C to the workers as well.
    (os.killpg if stop == signal.SIGINT else os.kill)(running.pid, stop)
    errors = running.communicate(timeout=60)[1]
    assert running.returncode == status, errors
    assert "Traceback" not in errors
    assert list(tmp_path.iterdir()) == []
