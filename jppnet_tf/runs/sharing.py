"""Several processes at work in one output folder: who does which image, and what is done.

As long as somebody is at work there, the output folder has a hidden folder, FOLDER:

- `lock`: held for moments, while one looks at the others or changes what all of them read;
- `work.json`: what they do: formats, and the images' files by result name;
- `claims`: a line per image that was begun, with the process; an image's last line counts;
- `<process>.jsonl`: the process's part of the records. It holds a lock on this file while it lives.

The system takes locks back from whoever dies, by `kill -9` too: so a claim is known to be nobody's
any more. What the dead finished is in their parts, and stays there until the last one at work makes
all parts one file, or the next run does.
"""

import contextlib
import errno
import fcntl
import json
import os
import pathlib
import uuid

from jppnet_tf.system.errors import InputError
from jppnet_tf.system.files import write_bytes

RECORDS = "predictions.jsonl"
FOLDER = ".run"
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


class SharedWork:
    """One process's place among those at work in an output folder.

    Args:
        output: the output folder; made when it is locked.
    """

    def __init__(self, output):
        self._records = pathlib.Path(output) / RECORDS
        self._folder = pathlib.Path(output) / FOLDER
        self._process = f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._part = None  # the open file
        self._owners = {}  # name -> process
        self._seen = 0  # bytes of the claims
        self._finished = {}  # dead process -> names

    @contextlib.contextmanager
    def locked(self):
        """Holds everybody else off meanwhile. Not to be entered twice."""
        path = self._folder / "lock"
        while True:
            self._folder.mkdir(parents=True, exist_ok=True)
            try:
                file = open(path, "a")
            except FileNotFoundError:  # the last one at work tidied up just now
                continue
            with file:
                _take_lock(file, fcntl.LOCK_EX)
                if not _is_at(file, path):
                    continue
                try:
                    yield
                finally:
                    if not self._parts():
                        self._tidy_up()
                return

    def _tidy_up(self):
        """Removes the folder, the lock last: from then on somebody else may be at work here."""
        paths = [path for path in self._folder.iterdir() if path.name != "lock"]
        for path in [*paths, self._folder / "lock"]:
            path.unlink()
        with contextlib.suppress(OSError):
            self._folder.rmdir()

    def exists(self):
        """Whether anybody is at work, or was and died: if not, there is nothing to lock."""
        return self._folder.is_dir()

    def is_shared(self):
        """Whether others are at work here; to be asked while it is locked, to rely on it."""
        return any(_is_held(path) for path in self._parts() if path.stem != self._process)

    def join(self, formats, images):
        """What those at work here do, with this process.

        Args:
            formats: list of the names of what to write.
            images: dict of result name to the image's file.

        Returns:
            (dict of what all do, for `begin`; names of the others' images).

        Raises:
            InputError: others write other formats, or other images under the same names.
        """
        work = {"formats": formats, "images": {}}
        if self.is_shared():
            work = json.loads((self._folder / "work.json").read_text())
        advice = "wait for it to end, or choose another --output"
        if work["formats"] != formats:
            raise InputError(
                f"{self._records.parent}: another process at work here writes --format "
                f"{','.join(work['formats'])}: take the same, {advice}"
            )
        theirs = work["images"]
        names = {file: name for name, file in theirs.items()}
        for name, file in images.items():
            if theirs.get(name, file) != file or names.get(file, name) != name:
                raise InputError(
                    f"{self._records.parent}: another process at work here has other images, or "
                    f"other names for them, and would mix up {file}: {advice}"
                )
        return {"formats": formats, "images": theirs | images}, theirs.keys()

    def read_lines(self):
        """All records there are, of all parts: dict of name to a list of lines.

        An image has one line, a video one a frame: those have `frame`, a number, and the last one
        has `frames`, how many there are. Lines that a crash cut off, and videos that lack some, are
        left out.
        """
        lines = _read_lines(self._records)
        for path in self._parts():
            lines |= _read_lines(path)
        return lines

    def begin(self, work, lines):
        """Becomes one of those at work. Everything must be locked, and is ready for others then.

        Args:
            work: what `join` gave.
            lines: what `read_lines` gave, without those that are no longer true.
        """
        self._write_records(lines)
        if not self.is_shared():  # nothing of the dead is needed any more
            for path in self._folder.iterdir():
                if path.name != "lock":
                    path.unlink()
        self._owners, self._seen, self._finished = {}, 0, {}
        write_bytes(self._folder / "work.json", json.dumps(work).encode())
        self._part = open(self._folder / f"{self._process}.jsonl", "a")
        _take_lock(self._part, fcntl.LOCK_EX)

    def claim(self, name):
        """Makes an image this process's own, unless another has begun it.

        An image that its process did not finish before it died is nobody's.

        Returns:
            Whether this process is to do it.
        """
        with self.locked(), open(self._folder / "claims", "a+b") as file:
            self._read_claims(file)
            owner = self._owners.get(name)
            if owner is not None and (self._is_alive(owner) or name in self._finished_of(owner)):
                return False
            line = f"{json.dumps([name, self._process])}\n".encode()
            file.write(line)
            file.flush()
            self._seen += len(line)
            self._owners[name] = self._process
            return True

    def add(self, lines):
        """Adds the record of an image, or those of a video, to this process's part.

        Args:
            lines: list of JSON on one line each; of a video, `read_lines` says what they must hold.
        """
        self._part.write("".join(f"{line}\n" for line in lines))
        self._part.flush()

    def scratch(self, suffix):
        """A path for a file to be moved away from when it is whole; removed after a crash."""
        return self._folder / f"{self._process}{suffix}"

    def names_of_others(self):
        """The names of what others at work here have finished since this process began: set."""
        paths = [path for path in self._parts() if path.stem != self._process]
        return {name for path in paths for name in _read_lines(path)}

    def end(self):
        """Is no longer at work; everything must be locked. The last one makes the parts one file.

        Returns:
            Whether it was the last one.
        """
        is_last = not self.is_shared()
        if is_last:
            self._write_records(self.read_lines())
            for path in self._parts():
                path.unlink()
        self._part.close()
        return is_last

    def _parts(self):
        return sorted(self._folder.glob("*.jsonl"))

    def _write_records(self, lines):
        text = "".join(f"{line}\n" for group in lines.values() for line in group)
        write_bytes(self._records, text.encode())

    def _read_claims(self, file):
        """Reads what was claimed since it last looked; a line that a crash cut off is ended."""
        file.seek(self._seen)
        content = file.read()
        if content and not content.endswith(b"\n"):
            file.write(b"\n")
            content += b"\n"
        self._seen += len(content)
        for line in content.splitlines():
            try:
                name, process = json.loads(line)
            except ValueError:
                continue
            self._owners[name] = process

    def _is_alive(self, process):
        return process == self._process or _is_held(self._folder / f"{process}.jsonl")

    def _finished_of(self, process):
        """Names of what a dead process finished."""
        if process not in self._finished:
            lines = _read_lines(self._folder / f"{process}.jsonl")
            self._finished[process] = frozenset(lines)
        return self._finished[process]


def _take_lock(file, how):
    """Whether the lock was got; on a disk that knows none, it always is."""
    try:
        fcntl.flock(file, how)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
    return True


def _is_at(file, path):
    """Whether an open file still is the one at that path."""
    try:
        return os.path.samefile(file.fileno(), path)
    except FileNotFoundError:
        return False


def _is_held(path):
    """Whether the process whose part this is lives."""
    try:
        with open(path, "rb+") as file:
            return not _take_lock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False


def _read_lines(path):
    """name -> list of lines of one file of records."""
    try:
        text = path.read_text(errors="replace")
    except FileNotFoundError:
        return {}
    groups, counts = {}, {}
    for line in text.splitlines():
        try:
            record = json.loads(line)
            name, is_frame = record["name"], "frame" in record
            if not is_frame:
                groups.pop(name, None)  # an image's last line counts
            groups.setdefault(name, []).append(line)
            counts[name] = record.get("frames") if is_frame else 1
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
    return {name: lines for name, lines in groups.items() if counts[name] == len(lines)}
