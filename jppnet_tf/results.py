"""The output folder of a run over many images: what is finished there, and what comes new."""

import dataclasses
import errno
import itertools
import json
import os
import pathlib
import re
import threading

import numpy as np

from jppnet_tf import formats
from jppnet_tf.errors import InputError
from jppnet_tf.files import write_bytes
from jppnet_tf.formats.lip import prediction_record
from jppnet_tf.images import read_image
from jppnet_tf.processes import Workers, group_items
from jppnet_tf.weights import store

RECORDS = "predictions.jsonl"
SETTINGS = "settings.json"
# What decides results; and what it was in folders that do not mention it, as older ones do not.
_DECIDING = {
    "checksum": None, "scales": None, "mirror": None, "input_hw": None, "subpixel": False,
    "least_score": None, "precision": "float32",
    "backend": "tensorflow",
}  # fmt: skip
_NAME_TROUBLE = (errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EISDIR)


@dataclasses.dataclass(frozen=True)
class Job:
    """One image to predict: its file and its result name."""

    file: pathlib.Path
    name: str

    def identity(self):
        """What tells this image from another of its name: size and time of its last change."""
        try:
            state = self.file.stat()
        except OSError:
            return None
        return {"bytes": state.st_size, "modified": int(state.st_mtime)}


def run_settings(predictor, weights):
    """What decides a run's results: dict for `Results`.

    Args:
        predictor: inference.Predictor.
        weights: what the weights are called, for people.
    """
    return {
        "weights": weights,
        "checksum": store.checksum(store.model_arrays(predictor.model)),
        "scales": list(predictor.scales),
        "mirror": predictor.mirror,
        "input_hw": list(predictor.input_hw),
        "subpixel": predictor.subpixel,
        "precision": predictor.precision,
        "backend": predictor.backend,
        "pose": predictor.has_pose,
    }


class Results:
    """The output folder: which images are finished there, and new results for it.

    Formats may come one after the other: an image is finished when all files of those asked for
    are there. Files of other formats stay as long as they are of the same image and settings.

    Args:
        output: the folder; made by `open`.
        settings: dict as `run_settings` makes it, and `least_score`, what a joint must score not
            to be missing (None, or nothing, for all); a folder with results of other settings is
            refused, because a mixture is useless.
        overwrite: whether to do finished images again.
        chosen: sequence of formats.format.Format, what to write.

    Raises:
        InputError: the folder cannot be one, or has results of other settings.
    """

    def __init__(self, output, settings, overwrite=False, chosen=(formats.FORMATS["lip"],)):
        self.output = pathlib.Path(output)
        self._settings = settings
        self._least_score = settings.get("least_score")
        self._formats = tuple(chosen)
        self._overwrite = overwrite
        self._lock = threading.Lock()  # of the records: several threads write results
        existing = next(p for p in (self.output, *self.output.absolute().parents) if p.exists())
        if not existing.is_dir() or not os.access(existing, os.W_OK):
            reason = "no permission to write there" if existing.is_dir() else "not a folder"
            raise InputError(f"{self.output}: results cannot be written: {existing}: {reason}")
        self._records = self._read_records()
        changed = self._changed_settings()
        if changed and not overwrite:
            raise InputError(
                f"{self.output}: holds results of another run: {', '.join(changed)} differ "
                f"(see {self.output / SETTINGS}); choose another --output, or --overwrite"
            )

    def _changed_settings(self):
        """The settings that differ from those of the results already there."""
        try:
            found = json.loads((self.output / SETTINGS).read_text(errors="replace"))
        except (OSError, ValueError):
            found = {}
        if not self._records:
            return []
        found = found if isinstance(found, dict) else {}
        return [
            key
            for key, once in _DECIDING.items()
            if found.get(key, once) != self._settings.get(key, once)
        ]

    def _read_records(self):
        """Name -> record; a last line that was cut off by a crash is dropped."""
        records = {}
        path = self.output / RECORDS
        if path.exists():
            for line in path.read_text(errors="replace").splitlines():
                try:
                    record = json.loads(line)
                    records[record["name"]] = record
                except (ValueError, KeyError, TypeError):
                    continue
        return records

    def _paths(self, name):
        """The files of an image that has a record."""
        found, has_pose = self._records[name].get("pixels") or (), self._settings["pose"]
        return [path for each in self._formats for path in each.paths(name, found, has_pose)]

    def _is_recorded(self, job):
        """Whether the results there are of this very image."""
        record, identity = self._records.get(job.name), job.identity()
        return (
            record is not None
            and identity is not None
            and all(record.get(key) == value for key, value in identity.items())
        )

    def _is_finished(self, job):
        # Not Path.is_file: of a name that is too long for the disk it raises.
        return self._is_recorded(job) and all(
            os.path.isfile(self.output / path) for path in self._paths(job.name)
        )

    def open(self, jobs):
        """Makes the folder ready and tells what is left to do.

        Records of other images or settings are dropped, and so are those of images that are to be
        overwritten. Results of another image of the same name or of other settings are removed in
        all formats, and so are results of these same images under a former name (`a.jpg` was
        called `a` until `a.png` came). All others stay.

        Args:
            jobs: list of Job.

        Returns:
            List of the jobs that are not finished, or of all with `overwrite`.
        """
        former = set(self._records)
        if self._changed_settings():
            self._records.clear()
            for each in formats.FORMATS.values():
                if each.summary:
                    self._remove(each.summary([]))
        left = [job for job in jobs if self._overwrite or not self._is_finished(job)]
        for job in left:
            is_recorded = self._is_recorded(job)
            if job.name in former and not is_recorded:
                self._remove(formats.all_paths(job.name))
            if self._overwrite or not is_recorded:  # else only files are missing
                self._records.pop(job.name, None)
        self._remove_renamed(jobs)
        self.output.mkdir(parents=True, exist_ok=True)
        self._remove_leftovers()
        settings = json.dumps(self._settings, indent=2)
        write_bytes(self.output / SETTINGS, f"{settings}\n".encode())
        lines = "".join(json.dumps(record) + "\n" for record in self._records.values())
        write_bytes(self.output / RECORDS, lines.encode())
        return left

    def _remove_renamed(self, jobs):
        files, names = {str(job.file) for job in jobs}, {job.name for job in jobs}
        for name in list(self._records):
            if self._records[name].get("image") in files and name not in names:
                del self._records[name]
                self._remove(formats.all_paths(name))

    def _remove(self, paths):
        for path in paths:
            try:
                (self.output / path).unlink(missing_ok=True)
            except OSError as error:
                if error.errno not in _NAME_TROUBLE:  # then it was never written
                    raise

    def _remove_leftovers(self):
        """Removes temporary files of a run that was killed (see files.replacing)."""
        for folder in formats.FOLDERS:
            for path in (self.output / folder).rglob(".*.part"):
                if re.fullmatch(r"\.[0-9a-f]{12}\.part", path.name) and path.is_file():
                    path.unlink()

    def write(self, job, rgb, prediction):
        """Writes one image's files, then its record, if it has none: from then on it is finished.

        Args:
            job: Job.
            rgb: uint8 [h, w, 3].
            prediction: inference.Prediction.

        Raises:
            InputError: files of its name cannot be, on this disk or in this folder.
            OSError: the disk is full, say.
        """
        files, possible = {}, set()
        for each in self._formats:
            files |= each.files(job.name, rgb, prediction, self._least_score)
            possible.update(each.all_paths(job.name))
        self._remove(possible - files.keys())  # classes that are not found any more, say
        for path, content in files.items():
            target = self.output / path
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                write_bytes(target, content)
            except OSError as error:
                if error.errno in _NAME_TROUBLE:
                    raise InputError(f"{target}: cannot be written: {error.strerror}") from None
                raise
        if job.name in self._records:
            return
        record = prediction_record(job.name, str(job.file), prediction)
        with self._lock, open(self.output / RECORDS, "a") as file:
            file.write(json.dumps(record | (job.identity() or {})) + "\n")

    def close(self):
        """Writes the files that are made of all images together, from all records there are.

        A run that finds everything finished writes them too; one that stops early does not.

        Raises:
            OSError: the disk is full, say.
        """
        records = list(self._read_records().values())
        for each in self._formats:
            files = each.summary(records, self._least_score) if each.summary else {}
            for path, content in files.items():
                (self.output / path).parent.mkdir(parents=True, exist_ok=True)
                write_bytes(self.output / path, content)


@dataclasses.dataclass
class _Sample:
    """One image on its way: what is known of it so far, or the reason why it got no further."""

    job: Job
    rgb: np.ndarray | None = None
    inputs: list | None = None
    maps: tuple | None = None
    reason: str | None = None


def predict_jobs(predictor, jobs, results, on_end, is_stopping=lambda: False):
    """Predicts image after image, while the next are read and the last are written.

    Args:
        predictor: inference.Predictor.
        jobs: iterable of Job; is asked for one only when that is to be read.
        results: Results, opened.
        on_end: function of (job, reason), called from other threads when an image is written
            (reason None), or could not be done (reason a str); such an image stops no other.
        is_stopping: function that is asked before each image whether to begin no other; what is
            under way is written.

    Raises:
        InputError: the network's results are not finite.
        OSError: results cannot be written any more (disk full, say).
    """

    def read(job):
        try:
            rgb = read_image(job.file)
        except InputError as error:
            return _Sample(job, reason=str(error))
        return _Sample(job, rgb, predictor.prepare(rgb))

    def infer(samples):
        good = [sample for sample in samples if sample.reason is None]
        maps = predictor.infer_together([sample.inputs for sample in good]) if good else ()
        for sample, sample.maps in zip(good, maps, strict=True):
            sample.inputs = None
        return samples

    def write(sample):
        if sample.reason is None:
            prediction = predictor.decode(sample.maps, sample.rgb.shape[:2])
            try:
                results.write(sample.job, sample.rgb, prediction)
            except InputError as error:
                sample.reason = str(error)
        on_end(sample.job, sample.reason)

    with Workers(3) as workers:
        read_ahead = (job.result() for job in workers.map_ahead(read, jobs, predictor.batch))
        going_on = itertools.takewhile(lambda _: not is_stopping(), read_ahead)
        groups = map(infer, group_items(going_on, predictor.batch))
        samples = (sample for group in groups for sample in group)
        for written in workers.map_ahead(write, samples, 2 * predictor.batch):
            written.result()
