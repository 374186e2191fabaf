"""Kills programs at random moments, starts them again, and compares with a run left in peace.

    python -m tests.endurance.kills --program infer --moments 200 --seed 0

Programs: infer, train, convert, evaluate. Each is killed (SIGKILL) once at a moment drawn over the
time that it takes, then run to its end; what it leaves must be, byte for byte, what an
uninterrupted run leaves. A convert that was killed must have left its output whole or not at all.
Prints how often the kill came in time, and exits with 1 after any difference.
"""

import argparse
import collections
import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable

from tests.programs import call_program

CHANGING = ("tensorboard", "state", ".")
"""What is not compared: records of when, checkpoints of the way, and what a kill leaves hidden."""


class Trial:
    """A program, its inputs, and what it leaves.

    Args:
        folder: where its inputs lie.
    """

    def __init__(self, folder: pathlib.Path):
        self.folder = folder

    def prepare(self) -> None:
        """Makes the inputs; in a process of its own."""
        raise NotImplementedError

    def arguments(self, output: pathlib.Path) -> list:
        """The program, and its flags."""
        raise NotImplementedError

    def check_killed(self, output: pathlib.Path, whole: dict[str, object]) -> str:
        """What is wrong with what a killed run left; "" if nothing."""
        return ""


class Infer(Trial):
    """Six images, in two formats."""

    def prepare(self):
        from tests.conftest import draw_photo

        write_network(self.folder / "net.safetensors")
        (self.folder / "images").mkdir()
        for number in range(6):
            write_image(self.folder / f"images/{number}.png", draw_photo(60, 50, number))

    def arguments(self, output):
        images = ("--images", self.folder / "images", "--format", "lip,openpose18")
        return [
            "infer.py",
            "--weights",
            self.folder / "net.safetensors",
            "--output",
            output,
            *images,
        ]


class Train(Trial):
    """Four epochs of two updates."""

    def prepare(self):
        from jppnet_tf.data.figures.dataset import write_figures

        write_figures(self.folder, "train", count=4, seed=1, size=64)
        write_figures(self.folder, "val", count=2, seed=2, size=64)

    def arguments(self, output):
        settings = {
            "width": 1 / 16, "units": "1,1,1,1", "refinements": 0, "size": 64, "scales": 1,
            "batch": 2, "epochs": 4, "planned_epochs": 4, "save_steps": 1,
        }  # fmt: skip
        changes = [f"--set={name}={value}" for name, value in settings.items()]
        return ["train.py", "--data", self.folder, "--output", output, *changes]


class Convert(Trial):
    """A checkpoint to safetensors."""

    def prepare(self):
        from jppnet_tf.weights import tf1
        from jppnet_tf.weights.loading import open_weights

        write_network(self.folder / "net.safetensors")
        arrays = open_weights(self.folder / "net.safetensors").read_all()
        tensors = {tf1.tf1_name(name): array for name, array in arrays.items()}
        tf1.write_checkpoint(self.folder / "model", tensors)

    def arguments(self, output):
        file = output / "out.safetensors"
        output.mkdir(exist_ok=True)
        flags = ("--checkpoint", self.folder / "model", "--output", file, "--overwrite")
        return ["convert_ckpt.py", *flags]

    def check_killed(self, output, whole):
        file = output / "out.safetensors"
        left = file.read_bytes() if file.exists() else None
        is_right = left is None or left == whole["out.safetensors"]
        return "" if is_right else "it left half an output"


class Evaluate(Trial):
    """Weights on four figures, with a report."""

    def prepare(self):
        from jppnet_tf.data.figures.dataset import write_figures

        write_network(self.folder / "net.safetensors")
        write_figures(self.folder, "val", count=4, seed=2, size=64)

    def arguments(self, output):
        weights = ("--weights", self.folder / "net.safetensors", "--scales", "0.25")
        return ["evaluate.py", "--data", self.folder, *weights, "--output", output]


TRIALS: dict[str, type[Trial]] = {
    "infer": Infer, "train": Train, "convert": Convert, "evaluate": Evaluate
}  # fmt: skip


def write_network(path: pathlib.Path) -> None:
    """A small JPPNet."""
    from jppnet_tf.models.families import FAMILIES
    from jppnet_tf.weights import store
    from tests.networks.table import TINY
    from tests.parity.stand_in import stand_in_arrays

    config = {"classes": 20, "joints": 16, **TINY}
    arrays = stand_in_arrays(FAMILIES["jppnet"].variable_shapes(**config), 1 / 64)
    store.write_safetensors(path, arrays, "JPPNet", config)


def write_image(path: pathlib.Path, rgb) -> None:
    """An image file."""
    import cv2

    cv2.imwrite(str(path), rgb[..., ::-1])


def fork(body: Callable[[], int], words: str | pathlib.Path = os.devnull) -> int:
    """Runs it in a process of its own; the process's number.

    Forked, since TensorFlow, imported here, but never asked for anything, need not be imported
    each time again.

    Args:
        body: gives the exit status.
        words: file for what it says.
    """
    number = os.fork()
    if number:
        return number
    os.setpgid(0, 0)
    file = os.open(words, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(file, 1)
    os.dup2(file, 2)
    status = 99
    try:
        status = body() or 0
    except BaseException:  # noqa: BLE001  whoever reads the words sees it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def wait(number: int) -> int:
    """The exit status of a process; below 0 the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])


def read_all(folder: pathlib.Path) -> dict[str, object]:
    """All files that count: relative path to content; of records, the set of their lines."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_file() and not name.startswith(CHANGING):
            content = path.read_bytes()
            lines = path.suffix == ".jsonl"
            found[name] = sorted(content.splitlines()) if lines else content
    return found


def run_trials(trial: Trial, moments: int, seed: int) -> tuple[collections.Counter, list[str]]:
    """Kills a program so often.

    Returns:
        How often "in time" and "too late"; and what went wrong, a line each.
    """
    chance = random.Random(seed)
    assert wait(fork(lambda: trial.prepare() or 0)) == 0, "the inputs cannot be made"
    peaceful = trial.folder / "peaceful"
    outcomes: collections.Counter = collections.Counter()
    faults = []

    def start(output):
        tool, *flags = trial.arguments(output)
        return fork(lambda: call_program(tool, *flags))

    begun = time.perf_counter()
    assert wait(start(peaceful)) == 0, "it fails even if it is left in peace"
    seconds = time.perf_counter() - begun
    whole = read_all(peaceful)
    for moment in range(moments):
        output = trial.folder / "output"
        shutil.rmtree(output, ignore_errors=True)
        process = start(output)
        after = chance.random() * seconds
        time.sleep(after)
        os.kill(process, signal.SIGKILL)
        outcomes["in time" if wait(process) == -signal.SIGKILL else "too late"] += 1
        wrong = trial.check_killed(output, whole)
        status = wait(start(output))
        if not wrong and status:
            wrong = f"started again, it ends with status {status}"
        if not wrong and (found := read_all(output)) != whole:
            names = [n for n in {*found, *whole} if found.get(n) != whole.get(n)]
            wrong = f"these files differ: {', '.join(sorted(names)[:8])}"
        if wrong:
            faults.append(f"moment {moment}, killed after {after:.3f} s: {wrong}")
            print(faults[-1], flush=True)
    return outcomes, faults


def import_all() -> None:
    """Imports what takes long, before processes are forked."""
    import jppnet_tf.inference.predictor
    import jppnet_tf.training.train
    import jppnet_tf.weights.conversion  # noqa: F401


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", choices=TRIALS, required=True)
    parser.add_argument("--moments", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    import_all()
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        trial = TRIALS[options.program](pathlib.Path(folder))
        outcomes, faults = run_trials(trial, options.moments, options.seed)
    minutes = (time.perf_counter() - begun) / 60
    print(
        f"{options.program}: {options.moments} kills ({outcomes['in time']} in time) in "
        f"{minutes:.1f} minutes, {len(faults)} faults"
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
