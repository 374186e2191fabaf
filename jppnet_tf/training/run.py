"""The folder of a training run: settings, state to go on from, scores, weights."""

import csv
import dataclasses
import io
import json
import math
import os
import pathlib
import platform
import re
import subprocess
import typing
from collections.abc import Collection

import keras
import numpy as np
import tensorflow as tf

from jppnet_tf.system.errors import InputError
from jppnet_tf.system.files import list_visible, write_bytes
from jppnet_tf.weights import loading

if typing.TYPE_CHECKING:
    from jppnet_tf.training.settings import Settings

PACKAGE = pathlib.Path(__file__).parents[1]

_SKIPPED = "skipped.txt"


class TrainingRun:
    """A training run on disk.

    - `settings.json`: settings, data, package versions and git revision it was begun with;
    - `skipped.txt`: bad samples that were left out, and why;
    - `state/`: checkpoints to go on from, the last two;
    - `scores.csv`: losses and scores, a line per epoch;
    - `last.safetensors`, `best.safetensors`: weights of the last and of the best epoch;
    - `tensorboard/`: losses, rate, predictions.

    Args:
        folder: is made if it does not exist.
        settings: Settings.
        data: what the run is trained on, for settings.json: dict of str to int.
        state_from: another run's folder whose state to go on from.

    Raises:
        InputError: the folder holds a run with other settings or data, or something else.
    """

    def __init__(
        self,
        folder: str | os.PathLike,
        settings: "Settings",
        data: dict[str, int],
        state_from: str | os.PathLike | None = None,
    ) -> None:
        self.folder = pathlib.Path(folder)
        self._state_from = pathlib.Path(state_from or folder) / "state"
        self._file = self.folder / "settings.json"
        self._input_hw = settings.predict_hw
        self._classes = None if settings.classes == "lip" else settings.classes
        # As JSON gives them back: lists for tuples.
        self._wanted = json.loads(
            json.dumps({"settings": dataclasses.asdict(settings), "data": data})
        )
        if self._file.exists():
            self._compare(self._wanted)
        elif self.folder.is_dir() and {p.name for p in list_visible(self.folder)} - {_SKIPPED}:
            # Of a run that was killed as it began, there may be what `begin` writes first.
            raise InputError(f"{self.folder}: holds files, but no run; name another folder")

    def begin(self, skipped: Collection[str] = ()) -> None:
        """Makes the folder, if it is a new run's.

        Args:
            skipped: what to list in skipped.txt, lines of text.
        """
        if self._file.exists():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        if skipped:
            write_bytes(self.folder / _SKIPPED, ("\n".join(skipped) + "\n").encode())
        notes = self._wanted | {"versions": versions(), "git_revision": git_revision()}
        write_bytes(self._file, (json.dumps(notes, indent=2) + "\n").encode())

    def _compare(self, wanted):
        try:
            found = json.loads(self._file.read_text())
            found = {key: dict(found[key]) for key in wanted}
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise InputError(f"{self._file}: damaged: {error}") from None
        differences = [
            f"{name} was {found[part].get(name)!r}, is now {value!r}"
            for part, values in wanted.items()
            for name, value in values.items()
            if found[part].get(name) != value
        ]
        if differences:
            raise InputError(
                f"{self.folder}: was begun differently: {'; '.join(differences)}; go on with what "
                "it was begun with, or name another folder"
            )

    def open_state(self, **parts: typing.Any) -> int:
        """Finds the last state and puts it into what has state.

        Args:
            **parts: networks and optimizers, their variables built; or None.

        Returns:
            How many updates it has seen; 0 at a run's beginning.

        Raises:
            InputError: the state does not fit.
        """
        self._step = tf.Variable(0, dtype=tf.int64, trainable=False)
        parts = {name: part for name, part in parts.items() if part is not None}
        self._state = tf.train.Checkpoint(step=self._step, **parts)
        latest = tf.train.latest_checkpoint(str(self._state_from))
        if latest is not None:
            try:
                self._state.restore(latest).assert_existing_objects_matched()
            except (AssertionError, ValueError, tf.errors.OpError) as error:
                raise InputError(f"{latest}: damaged, or of another run: {error}") from None
        return int(self._step.numpy())

    def save_state(self, step: int) -> None:
        """Saves the state after `step` updates, all of it or nothing; the last two are kept.

        Raises:
            InputError: it cannot be written (disk full, say), or the run's folder has vanished.
        """
        self._check_presence()
        self._step.assign(step)
        folder = str(self.folder / "state")
        manager = tf.train.CheckpointManager(self._state, folder, max_to_keep=2)
        try:
            manager.save(checkpoint_number=step)
        except tf.errors.OpError as error:
            reason = re.sub(r"\s*\[Op:.*", "", error.message).rpartition("; ")[2]
            raise InputError(
                f"{folder}: the state cannot be saved: {reason}; the one before is kept, and the "
                "run goes on from it once that is mended"
            ) from None

    def _check_presence(self):
        if not self._file.exists():
            raise InputError(
                f"{self.folder}: has vanished while the run was at work, or {self._file.name} in "
                "it: begin anew"
            )

    def read_scores(self) -> list[dict[str, float]]:
        """The lines of scores.csv: list of dict of str to float, by epoch."""
        path = self.folder / "scores.csv"
        if not path.exists():
            return []
        with open(path, newline="") as file:
            return [{key: float(v) for key, v in row.items()} for row in csv.DictReader(file)]

    def add_scores(self, network: keras.Model, row: dict[str, float], best_by: str) -> bool:
        """Adds an epoch's line, and keeps its weights as the last, and as the best if they are.

        Args:
            network: whose weights to keep.
            row: dict of str to float, with `epoch`; replaces a line of the same epoch.
            best_by: the key by which the best epoch is chosen, the highest. Any number is better
                than nan; an equal one is not better.

        Returns:
            Whether it is the best so far, as a first epoch always is.

        Raises:
            InputError: the run's folder has vanished.
        """
        self._check_presence()
        earlier = [line for line in self.read_scores() if line["epoch"] < row["epoch"]]
        best = max((_rank(line[best_by]) for line in earlier), default=None)
        is_best = best is None or _rank(row[best_by]) > best
        for name in ("last", "best") if is_best else ("last",):
            path = self.folder / f"{name}.safetensors"
            loading.save_weights(network, path, self._input_hw, self._classes)
        text = io.StringIO()
        writer = csv.DictWriter(text, row, lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            {key: f"{value:.6g}" for key, value in line.items()} for line in [*earlier, row]
        )
        write_bytes(self.folder / "scores.csv", text.getvalue().encode())
        return is_best


def _rank(score):
    """A score to compare: below all numbers if it is nan."""
    return -math.inf if math.isnan(score) else score


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that compute: dict of str."""
    return {
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
    }


def git_revision() -> str:
    """The revision of this package's source, with "+changes" if it was changed; "" if unknown."""

    def git(*arguments):
        command = ["git", "-C", str(PACKAGE), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)
        return done.stdout.strip()

    try:
        changed = git("status", "--porcelain", ".")
        return git("rev-parse", "HEAD") + ("+changes" if changed else "")
    except (OSError, subprocess.SubprocessError):
        return ""
