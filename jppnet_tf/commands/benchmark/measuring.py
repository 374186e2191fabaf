"""Measurements in processes of their own, so that none sees another's memory and caches."""

import json
import os
import pathlib
import subprocess
import sys
import time
import typing
from collections.abc import Mapping

import jppnet_tf
from jppnet_tf.system.errors import InputError

ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "MKL", "OMP")}
"""The environment in which numpy computes in one thread."""


def run_measure(
    job: dict[str, typing.Any], environment: Mapping[str, str] | None = None
) -> typing.Any:
    """Runs `measure` in a new process, with this in its environment, and returns what it found.

    Raises:
        InputError: the process failed; the message ends with what it printed.
    """
    words = json.dumps(job | {"begun": time.time()})
    command = [sys.executable, "-m", "jppnet_tf", "benchmark", "--measure", words]
    home = str(pathlib.Path(jppnet_tf.__file__).parents[1])  # the same package, wherever it is
    path = os.pathsep.join(filter(None, [home, os.environ.get("PYTHONPATH")]))
    variables = os.environ | {"PYTHONPATH": path} | dict(environment or {})
    done = subprocess.run(command, capture_output=True, text=True, env=variables)
    if done.returncode:
        raise InputError(f"measuring failed with status {done.returncode}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def measure(job: dict[str, typing.Any]) -> None:
    """Measures what `run_measure` was asked for, and prints it as JSON."""
    from jppnet_tf.commands.benchmark import arithmetic, decoding, starting, timing

    if "decode" in job:
        print(json.dumps(decoding.measure_decoding(job["decode"])))
    elif "start" in job:
        print(json.dumps(starting.measure_start(job["start"])))
    elif "rate" in job:
        print(json.dumps(arithmetic.measure_rate(job["rate"])))
    else:
        print(json.dumps(timing.measure_prediction(**job)))
