"""The output folder of a run over many images: what is finished there, and what comes new."""

import contextlib
import errno
import json
import os
import pathlib
import re
import threading
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from jppnet_tf.labels import LIP, LIP_JOINTS, RELABELLINGS, Joints
from jppnet_tf.predictions import formats
from jppnet_tf.predictions.formats.format import Format
from jppnet_tf.predictions.predicting import Predicts
from jppnet_tf.predictions.prediction import Prediction
from jppnet_tf.runs.former import Former
from jppnet_tf.runs.jobs import Job
from jppnet_tf.runs.sharing import SharedWork
from jppnet_tf.runs.sources import SETTINGS
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.files import sync, write_bytes
from jppnet_tf.weights import store

# What decides results; and what it was in folders that do not mention it, as older ones do not.
_DECIDING = {
    "checksum": None,
    "scales": None,
    "mirror": None,
    "input_hw": None,
    "stage": None,
    "subpixel": False,
    "precision": "float32",
    "backend": "tensorflow",
    "convolution": "direct",
    "classes": list(LIP.names),
    "joints": list(LIP_JOINTS.names),
    "least_score": None,
    "box_margin": None,
    "people": None,
    "detector": None,
    "label_classes": None,
    "palette": None,
    "least_person": None,
}
_NAME_TROUBLE = (errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EISDIR)


def run_settings(predictor: "Predicts", weights: str) -> dict:
    """What decides a run's results, for `Results`.

    Args:
        predictor: inference.predictor.Predictor.
        weights: what the weights are called, for people.
    """
    return {
        "weights": weights,
        "checksum": store.checksum(store.model_arrays(predictor.model)),
        "scales": list(predictor.scales),
        "mirror": predictor.mirror,
        "input_hw": list(predictor.input_hw),
        "stage": predictor.stage,
        "subpixel": predictor.subpixel,
        "precision": predictor.precision,
        "backend": predictor.backend,
        "convolution": predictor.convolution,
        "pose": predictor.has_pose,
        "classes": list(predictor.classes.names),
        "joints": list((predictor.joints or LIP_JOINTS).names),
        "least_person": predictor.least_person,
    }


class Results:
    """The output folder: which images are finished there, and new results for it.

    Formats may come one after the other: an image is finished when all files of those asked for
    are there. Files of other formats stay as long as they are of the same image and settings.

    Args:
        output: the folder; made by `open`.
        settings: dict as `run_settings` makes it, and perhaps `least_score`, what a joint must
            score not to be missing (None for all), and `box_margin`, of runs with boxes; a folder
            with results of other settings is refused, because a mixture is useless.
        overwrite: whether to do finished images again.
        chosen: sequence of formats.format.Format, what to write.
        durable: whether an image's results are safe on disk before it counts as finished, so that a
            power cut takes none that are; costs some milliseconds a file.

    Raises:
        InputError: the folder cannot be one, has results of other settings, or another process is
            at work there with other settings, or `overwrite` is asked for.
    """

    def __init__(
        self,
        output: str | os.PathLike,
        settings: dict,
        overwrite: bool = False,
        chosen: Sequence[Format] = (formats.FORMATS["lip"],),
        durable: bool = True,
    ):
        self.output = pathlib.Path(output)
        self._settings = settings
        self._durable = durable
        self._least_score = settings.get("least_score")
        self._class_names = tuple(settings.get("classes", LIP.names))
        self._joints = Joints(tuple(settings.get("joints", LIP_JOINTS.names)), (), ())
        self._formats = tuple(chosen)
        self.overwrite = overwrite
        self._lock = threading.Lock()  # of the records: several threads write results
        self._shared = SharedWork(output)
        existing = next(p for p in (self.output, *self.output.absolute().parents) if p.exists())
        if not existing.is_dir() or not os.access(existing, os.W_OK):
            reason = "no permission to write there" if existing.is_dir() else "not a folder"
            raise InputError(f"{self.output}: results cannot be written: {existing}: {reason}")
        with self._shared.locked() if self._shared.exists() else contextlib.nullcontext():
            self._check_settings()

    def _check_settings(self):
        """Refuses to mix results of two kinds, or to undo what another process is doing.

        Returns:
            The settings that differ from those of the results there.
        """
        is_shared = self._shared.is_shared()
        if is_shared and self.overwrite:
            raise InputError(
                f"{self.output}: another process is at work here, --overwrite would do its images "
                "again; wait for it to end, or choose another --output"
            )
        is_used = is_shared or any(extent.size for extent in self._shared.extents())
        changed = self._changed_settings() if is_used else []
        if changed and not self.overwrite:
            raise InputError(
                f"{self.output}: holds results of another run: {', '.join(changed)} differ "
                f"(see {self.output / SETTINGS}); choose another --output, or --overwrite"
            )
        return changed

    def _read_settings(self):
        """The settings of the results already there; empty where they are lost."""
        try:
            found = json.loads((self.output / SETTINGS).read_text(errors="replace"))
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def _changed_settings(self):
        found = self._read_settings()
        return [
            key
            for key, once in _DECIDING.items()
            if found.get(key, once) != self._settings.get(key, once)
        ]

    def open(self, jobs: Sequence[Job]) -> list[Job]:
        """Makes the folder ready and tells what is left to do.

        Records of other images or settings are dropped, and so are those of images that are to be
        overwritten. Results of another image of the same name or of other settings are removed, and
        so are results of these same images under a former name (`a.jpg` was called `a` until
        `a.png` came). All others stay, and so does all that other processes at work here have to
        do with.

        Records are read one after the other: a folder may hold millions.

        Args:
            jobs: the images of the run.

        Returns:
            The jobs that are not finished, or all with `overwrite`.

        Raises:
            InputError: another process has begun something else here meanwhile.
        """
        with self._shared.locked():
            changed = self._check_settings()
            chosen = sorted(each.name for each in self._formats)
            theirs = self._shared.join(chosen, {job.name: str(job.file) for job in jobs})
            extents = self._shared.extents()
            written = self._formats_written() if any(each.size for each in extents) else ()
            if changed:
                for each in written:
                    if each.summary:
                        self._remove(each.summary([]))
            former = Former(self, jobs, theirs, is_current=not changed)
            left = former.read(extents)
            for record in former.read_outdated(extents):
                self._remove(path for each in written for path in _paths_of(record, each))
            if not theirs:
                self._remove_leftovers()
            settings = self._settings | {"formats": sorted({e.name for e in written} | {*chosen})}
            write_bytes(self.output / SETTINGS, f"{json.dumps(settings, indent=2)}\n".encode())
            self._shared.begin(extents, former.counting)
        return left

    def _formats_written(self):
        """The formats that results already there may be in."""
        settings = self._read_settings()
        named, classes = settings.get("formats"), settings.get("label_classes")
        every = {each.name: each for each in (*formats.FORMATS.values(), formats.VIDEO)}
        if isinstance(named, list):  # older folders do not say
            every = {name: each for name, each in every.items() if name in named}
        if classes in RELABELLINGS:
            every |= {name: formats.relabelled(each, classes) for name, each in every.items()}
        return tuple(every.values())

    def has_files(self, job: Job, record: dict) -> bool:
        """Whether all files that a record tells of are there, in the formats asked for."""
        found, has_pose = record.get("pixels"), self._settings["pose"]
        found = found if isinstance(found, dict) else {}
        return all(
            _has_content(f"{self.output}/{path}")
            for each in self._formats
            for path in each.paths(job.name, found, has_pose)
        )

    def _remove(self, paths):
        for path in paths:
            if ".." in path.split("/") or path.startswith("/"):
                continue  # a record that somebody else wrote: nothing outside is touched
            try:
                (self.output / path).unlink(missing_ok=True)
            except OSError as error:
                if error.errno not in _NAME_TROUBLE:  # then it was never written
                    raise

    def _remove_leftovers(self):
        """Removes temporary files of a run that was killed (see files.replacing)."""
        for top in formats.FOLDERS:
            for folder, _, files in os.walk(self.output / top):
                for name in files:
                    if name.endswith(".part") and re.fullmatch(r"\.[0-9a-f]{12}\.part", name):
                        os.unlink(os.path.join(folder, name))

    def write(self, job: "Job", rgb: np.ndarray, prediction: "Prediction") -> None:
        """Writes one image's files, then its record: from then on it is finished.

        Args:
            job: Job.
            rgb: uint8 [h, w, 3].
            prediction: Prediction.

        Raises:
            InputError: files of its name cannot be, on this disk or in this folder.
            OSError: the disk is full, say.
        """
        files: dict[str, bytes] = {}
        possible: set[str] = set()
        for each in self._formats:
            files |= each.files(job.name, rgb, prediction, self._least_score)
            possible.update(each.all_paths(job.name, self._class_names))
        self._remove(possible - files.keys())  # classes that are not found any more, say
        for path, content in files.items():
            target = self.output / path
            with _naming(target):
                target.parent.mkdir(parents=True, exist_ok=True)
                write_bytes(target, content, durable=False)
        if self._durable:  # before the record, which says that they are there
            for path in dict.fromkeys([*files, *map(os.path.dirname, files)]):
                sync(self.output / path)
        with self._lock:
            self._shared.add([json.dumps(job.record(prediction))], self._durable)

    def scratch(self, suffix: str) -> pathlib.Path:
        """A path to write a video to before it is whole, on the same disk."""
        return self._shared.scratch(suffix)

    def write_video(self, job: Job, overlay: pathlib.Path, lines: Sequence[str]) -> None:
        """Takes a video's results over: from then on it is finished.

        Args:
            job: jobs.Job.
            overlay: file to move to its place.
            lines: list of the frames' records, JSON on one line each.

        Raises:
            InputError, OSError: as of `write`.
        """
        (path,) = formats.VIDEO.all_paths(job.name)
        target = self.output / path
        with _naming(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(overlay, target)
        if self._durable:
            sync(target)
            sync(target.parent)
        last = json.loads(lines[-1]) | {"frames": len(lines)}
        with self._lock:
            self._shared.add([*lines[:-1], json.dumps(last)], self._durable)

    def claim_each(
        self, jobs: "Sequence[Job]", on_pass: "Callable[[Job], object]" = lambda job: None
    ) -> "Iterator[Job]":
        """Makes jobs this process's own, one after the other, where no other has begun them.

        Args:
            jobs: list of Job, what `open` gave.
            on_pass: function of a job that another process has begun.

        Yields:
            The jobs that this process is to do. In the end, those that others had begun come again:
            a process that was killed meanwhile did not finish its last one.
        """
        passed = []
        for job in jobs:
            if self._shared.claim(job.name):
                yield job
            else:
                passed.append(job)
                on_pass(job)
        yield from (job for job in passed if self._shared.claim(job.name))

    def close(self, is_complete: bool = True) -> tuple[set[str], bool]:
        """Ends this process's part in the work; the last one at work makes all parts one file.

        It also writes the files that are made of all images together, from all records there are.
        A run that finds everything finished writes them too; one that stops early does not.

        Args:
            is_complete: whether it did not stop early.

        Returns:
            (set of the names that other processes finished meanwhile; whether some are still at
            work).

        Raises:
            OSError: the disk is full, say.
        """
        with self._shared.locked():
            others = self._shared.names_of_others()
            is_last = self._shared.end()
            if is_last and is_complete:
                self._write_summaries()
        return others, not is_last

    def _write_summaries(self):
        for each in self._formats:
            if each.summary is None:
                continue
            files = each.summary(self._shared.records(), self._least_score, self._joints)
            for path, content in files.items():
                (self.output / path).parent.mkdir(parents=True, exist_ok=True)
                write_bytes(self.output / path, content)


def _paths_of(record, each):
    """The files of an image that has a record, in one format."""
    found = record.get("pixels")
    return each.paths(record["name"], [*found] if isinstance(found, dict) else [], True)


def _has_content(path):
    # Not Path.stat: of a name that is too long for the disk it raises.
    try:
        return os.stat(path).st_size > 0
    except OSError:
        return False


@contextlib.contextmanager
def _naming(target):
    """What is wrong with the name `target` alone becomes an InputError."""
    try:
        yield
    except OSError as error:
        if error.errno in _NAME_TROUBLE:
            raise InputError(f"{target}: cannot be written: {error.strerror}") from None
        raise
