"""The output folder of a run over many images: what is finished there, and what comes new."""

import dataclasses
import errno
import json
import os
import pathlib
import threading

import numpy as np

from jppnet_tf import formats
from jppnet_tf.errors import InputError
from jppnet_tf.files import replacing, write_bytes
from jppnet_tf.images import read_image
from jppnet_tf.inference import Workers
from jppnet_tf.weights import store

RECORDS = "predictions.jsonl"
SETTINGS = "settings.json"


@dataclasses.dataclass(frozen=True)
class Job:
    """One image to predict: its file and its result name."""

    file: pathlib.Path
    name: str


class Results:
    """The output folder: which images are finished there, and new results for it.

    Args:
        output: the folder; made when the first result is written.
        settings: dict of what decides the results (weights' checksum, scales, mirror); a
            folder with results of other settings is refused, because a mixture is useless.
        overwrite: whether to do finished images again.

    Raises:
        InputError: the folder cannot be one, or has results of other settings.
    """

    def __init__(self, output, settings, overwrite=False):
        self.output = pathlib.Path(output)
        self._settings = settings
        self._overwrite = overwrite
        existing = next(p for p in (self.output, *self.output.absolute().parents) if p.exists())
        if not existing.is_dir() or not os.access(existing, os.W_OK):
            reason = "no permission to write there" if existing.is_dir() else "not a folder"
            raise InputError(f"{self.output}: results cannot be written: {existing}: {reason}")
        changed = self._changed_settings()
        if changed and not overwrite:
            raise InputError(
                f"{self.output}: holds results of another run: {', '.join(changed)} differ "
                f"(see {self.output / SETTINGS}); choose another --output, or --overwrite"
            )
        self._records = self._read_records()
        self._lock = threading.Lock()  # of the records: several threads write results

    def _changed_settings(self):
        path = self.output / SETTINGS
        try:
            found = json.loads(path.read_text()) if path.exists() else self._settings
        except ValueError:
            found = {}
        return [key for key, value in self._settings.items() if found.get(key) != value]

    def _read_records(self):
        """Name -> line; a last line that was cut off by a crash is dropped."""
        records = {}
        path = self.output / RECORDS
        if path.exists():
            for line in path.read_text().splitlines():
                try:
                    records[json.loads(line)["name"]] = line
                except (ValueError, KeyError, TypeError):
                    continue
        return records

    def _is_finished(self, name):
        return name in self._records and all(
            (self.output / path).is_file() for path in formats.lip_paths(name)
        )

    def open(self, jobs):
        """Makes the folder ready and tells what is left to do.

        Records of images that are to be done again are dropped, and all those of other
        settings; the rest stays.

        Args:
            jobs: list of Job.

        Returns:
            List of the jobs that are not finished, or of all with `overwrite`.
        """
        if self._changed_settings():
            self._records.clear()
        left = [job for job in jobs if self._overwrite or not self._is_finished(job.name)]
        for job in left:
            self._records.pop(job.name, None)
        self.output.mkdir(parents=True, exist_ok=True)
        for leftover in self.output.rglob(".*.part"):  # of a run that was killed
            leftover.unlink()
        with replacing(self.output / SETTINGS) as temporary:
            temporary.write_text(json.dumps(self._settings, indent=2) + "\n")
        with replacing(self.output / RECORDS) as temporary:
            temporary.write_text("".join(f"{line}\n" for line in self._records.values()))
        return left

    def write(self, job, rgb, prediction):
        """Writes one image's files, then its record: from then on it is finished.

        Args:
            job: Job.
            rgb: uint8 [h, w, 3].
            prediction: inference.Prediction.

        Raises:
            InputError: its name is too long for this disk.
            OSError: the disk is full, say.
        """
        for path, content in formats.lip_files(job.name, rgb, prediction).items():
            target = self.output / path
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                write_bytes(target, content)
            except OSError as error:
                if error.errno == errno.ENAMETOOLONG:
                    raise InputError(f"{target}: name too long for this disk") from None
                raise
        record = formats.prediction_record(job.name, str(job.file), prediction)
        with self._lock, open(self.output / RECORDS, "a") as file:
            file.write(json.dumps(record) + "\n")


@dataclasses.dataclass
class _Sample:
    """One image on its way: what is known of it so far, or the reason why it got no further."""

    job: Job
    rgb: np.ndarray | None = None
    inputs: list | None = None
    maps: tuple | None = None
    reason: str | None = None


def predict_jobs(predictor, jobs, results):
    """Predicts image after image, while the next are read and the last are written.

    Args:
        predictor: inference.Predictor.
        jobs: list of Job.
        results: Results, opened.

    Yields:
        (Job, reason) when an image is finished, in order; reason is None, or a str that says
        why it could not be done. Such an image does not stop the others.

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

    def infer(sample):
        if sample.reason is None:
            sample.maps = predictor.infer(sample.inputs)
            sample.inputs = None
        return sample

    def write(sample):
        if sample.reason is None:
            prediction = predictor.decode(sample.maps, sample.rgb.shape[:2])
            try:
                results.write(sample.job, sample.rgb, prediction)
            except InputError as error:
                sample.reason = str(error)
        return sample

    with Workers(4) as workers:
        samples = (job.result() for job in workers.map_ahead(read, jobs, ahead=2))
        for written in workers.map_ahead(write, map(infer, samples)):
            sample = written.result()
            yield sample.job, sample.reason


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
    }
