"""The programs of tools/, run in this process or started for real."""

import contextlib
import os
import pathlib
import random
import runpy
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator

import keras
import numpy as np
import tensorflow as tf

ROOT = pathlib.Path(__file__).parent.parent
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def call_program(tool: str, *arguments: object, cwd: str | os.PathLike[str] = ROOT) -> int:
    """Runs a program of tools/ in this process; its exit status. A defect passes as it is."""
    with restored_process():
        sys.argv = [tool, *map(str, arguments)]
        os.chdir(cwd)
        try:
            runpy.run_path(str(ROOT / "tools" / tool), run_name="__main__")
        except SystemExit as end:
            return end.code
    raise AssertionError(f"{tool} did not exit")


@contextlib.contextmanager
def restored_process() -> Iterator[None]:
    """Gives the process back as it was: what a program sets for good is its own affair."""
    argv, folder, environment = sys.argv, os.getcwd(), dict(os.environ)
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    policy = keras.mixed_precision.global_policy()
    is_tf32 = tf.config.experimental.tensor_float_32_execution_enabled()
    state, numpy_state = random.getstate(), np.random.get_state()
    try:
        with warnings.catch_warnings():
            # Keras 2, once it was seeded, draws integers up to 1e9, a float.
            warnings.filterwarnings("ignore", "non-integer arguments to randrange")
            yield
    finally:
        tf.random.set_seed(None)
        random.setstate(state)
        np.random.set_state(numpy_state)
        tf.config.experimental.enable_tensor_float_32_execution(is_tf32)
        keras.mixed_precision.set_global_policy(policy)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folder)
        sys.argv = argv


def start_program(*command: object, **options: object) -> tuple[int, str, str]:
    """Starts Python with these words in a process of its own: status, stdout and stderr.

    The first word is a program of tools/, or a flag of Python such as `-m`.
    """
    first, *others = map(str, command)
    words = [first if first.startswith("-") else str(ROOT / "tools" / first), *others]
    options = {"capture_output": True, "text": True, "cwd": ROOT, "timeout": 300} | options
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, *words], env=environment, **options)
    return done.returncode, done.stdout, done.stderr
