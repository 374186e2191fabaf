"""The output folder of a run over many images: what is finished there, and what comes new."""

import contextlib
import errno
import json
import os
import pathlib
import re
import threading

from jppnet_tf.labels import LIP, LIP_JOINTS, Joints
from jppnet_tf.predictions import formats
from jppnet_tf.runs.sharing import SharedWork
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.files import write_bytes
from jppnet_tf.weights import store

SETTINGS = "settings.json"
# What decides results; and what it was in folders that do not mention it, as older ones do not.
_DECIDING = {
    "checksum": None, "scales": None, "mirror": None, "input_hw": None, "subpixel": False,
    "least_score": None, "precision": "float32", "backend": "tensorflow", "box_margin": None,
}  # fmt: skip
_NAME_TROUBLE = (errno.ENAMETOOLONG, errno.EEXIST, errno.ENOTDIR, errno.EISDIR)


def run_settings(predictor, weights):
    """What decides a run's results: dict for `Results`.

    Args:
        predictor: Predictor.
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
        "classes": list(predictor.classes.names),
        "joints": list(predictor.joints.names) if predictor.has_pose else None,
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

    Raises:
        InputError: the folder cannot be one, has results of other settings, or another process is
            at work there with other settings, or `overwrite` is asked for.
    """

    def __init__(self, output, settings, overwrite=False, chosen=(formats.FORMATS["lip"],)):
        self.output = pathlib.Path(output)
        self._settings = settings
        self._least_score = settings.get("least_score")
        self._class_names = settings.get("classes", LIP.names)
        self._joints = Joints(tuple(settings.get("joints") or LIP_JOINTS.names), (), ())
        self._formats = tuple(chosen)
        self._overwrite = overwrite
        self._lock = threading.Lock()  # of the records: several threads write results
        self._shared = SharedWork(output)
        self._recorded = {}  # name -> record, while it is opened
        existing = next(p for p in (self.output, *self.output.absolute().parents) if p.exists())
        if not existing.is_dir() or not os.access(existing, os.W_OK):
            reason = "no permission to write there" if existing.is_dir() else "not a folder"
            raise InputError(f"{self.output}: results cannot be written: {existing}: {reason}")
        with self._shared.locked() if self._shared.exists() else contextlib.nullcontext():
            self._check_settings(self._shared.read_lines())

    def _check_settings(self, lines):
        """Refuses to mix results of two kinds, or to undo what another process is doing."""
        is_shared = self._shared.is_shared()
        if is_shared and self._overwrite:
            raise InputError(
                f"{self.output}: another process is at work here, --overwrite would do its images "
                "again; wait for it to end, or choose another --output"
            )
        changed = self._changed_settings() if lines or is_shared else []
        if changed and not self._overwrite:
            raise InputError(
                f"{self.output}: holds results of another run: {', '.join(changed)} differ "
                f"(see {self.output / SETTINGS}); choose another --output, or --overwrite"
            )

    def _changed_settings(self):
        """The settings that differ from those of the results already there."""
        try:
            found = json.loads((self.output / SETTINGS).read_text(errors="replace"))
        except (OSError, ValueError, RecursionError):
            found = {}
        found = found if isinstance(found, dict) else {}
        return [
            key
            for key, once in _DECIDING.items()
            if found.get(key, once) != self._settings.get(key, once)
        ]

    def _paths(self, name):
        """The files of an image that has a record."""
        found, has_pose = self._recorded[name].get("pixels"), self._settings["pose"]
        found = found if isinstance(found, dict) else {}
        return [path for each in self._formats for path in each.paths(name, found, has_pose)]

    def _is_recorded(self, job):
        """Whether the results there are of this very image."""
        return job.name in self._recorded and job.is_of(self._recorded[job.name])

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
        called `a` until `a.png` came). All others stay, and so does all that other processes at
        work here have to do with.

        Args:
            jobs: list of Job.

        Returns:
            List of the jobs that are not finished, or of all with `overwrite`.

        Raises:
            InputError: another process has begun something else here meanwhile.
        """
        with self._shared.locked():
            lines = self._shared.read_lines()
            self._check_settings(lines)
            chosen = sorted(each.name for each in self._formats)
            work, theirs = self._shared.join(chosen, {job.name: str(job.file) for job in jobs})
            former = set(lines)
            if lines and self._changed_settings():
                lines.clear()
                for each in formats.FORMATS.values():
                    if each.summary:
                        self._remove(each.summary([]))
            self._recorded = {name: json.loads(group[-1]) for name, group in lines.items()}
            left = [job for job in jobs if self._overwrite or not self._is_finished(job)]
            for job in left:
                if job.name not in theirs:
                    self._drop_outdated(job, lines, job.name in former)
            if not theirs:
                self._drop_renamed(jobs, lines)
                self._remove_leftovers()
            settings = json.dumps(self._settings, indent=2)
            write_bytes(self.output / SETTINGS, f"{settings}\n".encode())
            self._shared.begin(work, lines)
        self._recorded.clear()
        return left

    def _drop_outdated(self, job, lines, was_recorded):
        """Drops the record of an image that is to be done, and the files of another one."""
        is_recorded = self._is_recorded(job)
        if was_recorded and not is_recorded:
            self._remove(formats.all_paths(job.name, self._class_names))
        if self._overwrite or not is_recorded:  # else only files are missing
            lines.pop(job.name, None)

    def _drop_renamed(self, jobs, lines):
        files, names = {str(job.file) for job in jobs}, {job.name for job in jobs}
        for name in list(lines):
            if self._recorded[name].get("image") in files and name not in names:
                del lines[name]
                self._remove(formats.all_paths(name, self._class_names))

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
        """Writes one image's files, then its record: from then on it is finished.

        Args:
            job: Job.
            rgb: uint8 [h, w, 3].
            prediction: Prediction.

        Raises:
            InputError: files of its name cannot be, on this disk or in this folder.
            OSError: the disk is full, say.
        """
        files, possible = {}, set()
        for each in self._formats:
            files |= each.files(job.name, rgb, prediction, self._least_score)
            possible.update(each.all_paths(job.name, self._class_names))
        self._remove(possible - files.keys())  # classes that are not found any more, say
        for path, content in files.items():
            target = self.output / path
            with _naming(target):
                target.parent.mkdir(parents=True, exist_ok=True)
                write_bytes(target, content)
        with self._lock:
            self._shared.add([json.dumps(job.record(prediction))])

    def scratch(self, suffix):
        """A path to write a video to before it is whole, on the same disk."""
        return self._shared.scratch(suffix)

    def write_video(self, job, overlay, records):
        """Takes a video's results over: from then on it is finished.

        Args:
            job: jobs.Job.
            overlay: file to move to its place.
            records: list of the frames' records, JSON on one line each.

        Raises:
            InputError, OSError: as of `write`.
        """
        (target,) = formats.VIDEO.all_paths(job.name)
        target = self.output / target
        with _naming(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(overlay, target)
        last = json.loads(records[-1]) | {"frames": len(records)}
        with self._lock:
            self._shared.add([*records[:-1], json.dumps(last)])

    def claim_each(self, jobs, on_pass=lambda job: None):
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

    def close(self, is_complete=True):
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
        summaries = [each.summary for each in self._formats if each.summary]
        if not summaries:
            return
        lines = self._shared.read_lines().values()
        records = [json.loads(line) for group in lines for line in group]
        for summary in summaries:
            for path, content in summary(records, self._least_score, self._joints).items():
                (self.output / path).parent.mkdir(parents=True, exist_ok=True)
                write_bytes(self.output / path, content)


@contextlib.contextmanager
def _naming(target):
    """What is wrong with the name `target` alone becomes an InputError."""
    try:
        yield
    except OSError as error:
        if error.errno in _NAME_TROUBLE:
            raise InputError(f"{target}: cannot be written: {error.strerror}") from None
        raise
