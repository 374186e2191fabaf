"""Several processes at work in one output folder: who does which image, and what is done.

As long as somebody is at work there, the output folder has a hidden folder, FOLDER:

- `lock`: held for moments, while one looks at the others or changes what all of them read;
- `work.jsonl`: what they do: a line of formats, then one for each image, its result name and file;
- `claims`: a line per image that was begun, with the process; an image's last line counts;
- `<process>.jsonl`: the process's part of the records. It holds a lock on this file while it lives.

The system takes locks back from whoever dies, by `kill -9` too: so a claim is known to be nobody's
any more. What the dead finished is in their parts, and stays there until the last one at work makes
all parts one file, or the next run does.
"""

import contextlib
import errno
import functools
import itertools
import json
import os
import pathlib
import re
import sys
import typing
import uuid
from collections.abc import Iterable, Iterator

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

from jppnet_tf.runs import records
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.files import replacing

RECORDS = "predictions.jsonl"
FOLDER = ".jppnet_tf"
_PART = re.compile(r"\d+-[0-9a-f]{8}\.jsonl")
_OURS = re.compile(r"lock|work\.jsonl|claims|\d+-[0-9a-f]{8}(\.\w+)?|\.[0-9a-f]{12}\.part")
"""The names of the files that are made in FOLDER; nothing else there is touched."""
_EXCLUSIVE = fcntl.LOCK_EX if fcntl else 0
_AT_ONCE = fcntl.LOCK_NB if fcntl else 0
_ADVICE = "wait for it to end, or choose another --output"
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


class SharedWork:
    """One process's place among those at work in an output folder.

    Args:
        output: the output folder; made when it is locked.

    Raises:
        InputError: its hidden folder is a link, so that files would be made and removed elsewhere.
    """

    def __init__(self, output: str | os.PathLike):
        self._records = pathlib.Path(output) / RECORDS
        self._folder = pathlib.Path(output) / FOLDER
        self._process = f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._part: typing.TextIO | None = None  # opened by `begin`
        self._owners: dict[str, str] = {}  # name -> process
        self._seen = 0  # bytes of the claims
        self._finished: dict[str, frozenset[str]] = {}  # dead process -> names
        if self._folder.is_symlink():
            raise InputError(f"{self._folder}: is a link; remove it, or choose another --output")

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Holds everybody else off meanwhile. Not to be entered twice."""
        path = self._folder / "lock"
        while True:
            self._folder.mkdir(parents=True, exist_ok=True)
            try:
                file = open(path, "a")
            except FileNotFoundError:  # the last one at work tidied up just now
                continue
            with file:
                _take_lock(file, _EXCLUSIVE)
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
        self._remove_ours(but=("lock",))
        (self._folder / "lock").unlink()
        with contextlib.suppress(OSError):  # somebody's own files are in it
            self._folder.rmdir()

    def _remove_ours(self, but):
        for path in self._folder.iterdir():
            if _OURS.fullmatch(path.name) and path.name not in but:
                path.unlink()

    def exists(self) -> bool:
        """Whether anybody is at work, or was and died: if not, there is nothing to lock."""
        return self._folder.is_dir()

    def is_shared(self) -> bool:
        """Whether others are at work here; to be asked while it is locked, to rely on it."""
        return any(_is_held(path) for path in self._parts() if path.stem != self._process)

    def join(self, formats: list[str], images: dict[str, str]) -> set[str]:
        """Announces what this process does, together with what others at work here do.

        Everything must be locked.

        Args:
            formats: the names of what to write.
            images: result name -> the image's file.

        Returns:
            Names of the others' images.

        Raises:
            InputError: others write other formats, or other images under the same names.
        """
        path = self._folder / "work.jsonl"
        theirs = set()
        if self.is_shared():
            lines = map(json.loads, records.read_lines(records.measure([path])))
            self._check_formats(formats, next(lines))
            theirs = self._check_images(images, lines)
        advance = ([name, file] for name, file in images.items() if name not in theirs)
        kept: Iterable[str] = [json.dumps(formats)]
        if theirs:
            kept = records.read_lines(records.measure([path]))
        with replacing(path) as temporary, open(temporary, "w", encoding="utf-8") as file:
            for line in itertools.chain(kept, map(json.dumps, advance)):
                file.write(f"{line}\n")
        return theirs

    def _check_formats(self, formats, theirs):
        if theirs != formats:
            raise InputError(
                f"{self._records.parent}: another process at work here writes --format "
                f"{','.join(theirs)}: take the same, {_ADVICE}"
            )

    def _check_images(self, images, theirs):
        """The names of others' images, if none of them means another image than ours."""
        names = {file: name for name, file in images.items()}
        found = set()
        for name, file in theirs:
            if images.get(name, file) != file or names.get(file, name) != name:
                raise InputError(
                    f"{self._records.parent}: another process at work here has other images, or "
                    f"other names for them, and would mix up {images.get(name, file)}: {_ADVICE}"
                )
            found.add(name)
        return found

    def extents(self) -> list[records.Extent]:
        """All records there are at this moment, of all parts."""
        return records.measure([self._records, *self._parts()])

    def begin(
        self, extents: list[records.Extent] | None = None, counting: bytearray | None = None
    ) -> None:
        """Becomes one of those at work. Everything must be locked, and is ready for others then.

        Args:
            extents: what `extents` gave; None looks.
            counting: for each line of these, whether to keep it; None keeps what counts.
        """
        self._write_records(self.extents() if extents is None else extents, counting)
        if not self.is_shared():  # nothing of the dead is needed any more
            self._remove_ours(but=("lock", "work.jsonl"))
        self._owners, self._seen, self._finished = {}, 0, {}
        self._part = open(self._folder / f"{self._process}.jsonl", "a", encoding="utf-8")
        if not _take_lock(self._part, _EXCLUSIVE):
            raise AssertionError(f"{self._part.name}: somebody else's")  # a name nobody else has

    def claim(self, name: str) -> bool:
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

    def add(self, lines: Iterable[str], durable: bool = False) -> None:
        """Adds the record of an image, or those of a video, to this process's part.

        Args:
            lines: JSON on one line each; of a video, `records` says what they must hold.
            durable: whether to wait until they are safe on disk.
        """
        assert self._part is not None  # `begin` opened it
        self._part.write("".join(f"{line}\n" for line in lines))
        self._part.flush()
        if durable:
            os.fsync(self._part.fileno())

    def scratch(self, suffix: str) -> pathlib.Path:
        """A path for a file to be moved away from when it is whole; removed after a crash."""
        return self._folder / f"{self._process}{suffix}"

    def names_of_others(self) -> set[str]:
        """The names of what others at work here have finished since this process began: set."""
        paths = [path for path in self._parts() if path.stem != self._process]
        found = (records.index(records.measure([path])).names() for path in paths)
        return set(itertools.chain.from_iterable(found))

    def end(self) -> bool:
        """Is no longer at work; everything must be locked. The last one makes the parts one file.

        Returns:
            Whether it was the last one.
        """
        is_last = not self.is_shared()
        if is_last:
            self._write_records(self.extents())
            for path in self._parts():
                path.unlink()
        assert self._part is not None
        self._part.close()
        return is_last

    def records(self) -> Iterator[dict]:
        """The records that count, of all parts, one after the other."""
        return map(json.loads, records.read_counting(self.extents()))

    def _parts(self):
        """The files of the processes at work, and of those that died."""
        return sorted(path for path in self._folder.glob("*.jsonl") if _PART.fullmatch(path.name))

    def _write_records(self, extents, counting=None):
        """Makes all parts one file, of the lines that count."""
        has_one_file = [extent.path for extent in extents if extent.size] == [self._records]
        if counting is None:
            if has_one_file and self._part is not None:
                return  # only lines that count were left when this process began
            counting = records.index(extents).counting()
        if has_one_file and all(counting):
            return  # it would be the same again
        with replacing(self._records) as temporary, open(temporary, "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in records.read_counting(extents, counting))

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
            part = records.measure([self._folder / f"{process}.jsonl"])
            self._finished[process] = frozenset(records.index(part).names())
        return self._finished[process]


def _take_lock(file, how):
    """Whether the lock was got; on a disk that has none, it always is, and that is said."""
    try:
        if fcntl is None:
            raise OSError(errno.ENOSYS, "no locks")
        fcntl.flock(file, how)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        _warn_of_no_locks(os.path.dirname(os.path.dirname(file.name)))
    return True


@functools.cache
def _warn_of_no_locks(folder):
    """Says it once for each folder, and loudly: two processes there would spoil the results."""
    print(
        f"WARNING: {folder}: this disk has no file locks, so processes cannot see each other: run "
        "ONE process at a time here, or images are done twice and records are lost",
        file=sys.stderr,
    )


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
            return not _take_lock(file, _EXCLUSIVE | _AT_ONCE)
    except FileNotFoundError:
        return False
