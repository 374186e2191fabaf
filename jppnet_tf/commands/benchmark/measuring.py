"""Measurements in processes of their own, so that none sees another's memory and caches."""

import json
import os
import pathlib
import subprocess
import sys
import time
import typing

import jppnet_tf
from jppnet_tf.system.errors import InputError


def run_measure(job: dict[str, typing.Any]) -> typing.Any:
    """Runs `measure` in a new process and returns what it found.

    Raises:
        InputError: the process failed; the message ends with what it printed.
    """
    words = json.dumps(job | {"begun": time.time()})
    command = [sys.executable, "-m", "jppnet_tf", "benchmark", "--measure", words]
    home = str(pathlib.Path(jppnet_tf.__file__).parents[1])  # the same package, wherever it is
    path = os.pathsep.join(filter(None, [home, os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": path}
    )
    if done.returncode:
        raise InputError(f"measuring failed with status {done.returncode}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def measure(job: dict[str, typing.Any]) -> None:
    """Measures what `run_measure` was asked for, and prints it as JSON."""
    from jppnet_tf.commands.benchmark import arithmetic, starting, timing

    if "start" in job:
        print(json.dumps(starting.measure_start(job["start"])))
    elif "rate" in job:
        print(json.dumps(arithmetic.measure_rate(job["rate"])))
    else:
        print(json.dumps(timing.measure_prediction(**job)))
