"""Records of results, a JSON object on each line: read one after the other, never all at once.

An image has one line, and its last one counts. A video has one for each frame: those have `frame`,
a number, and the last one has `frames`, how many there are. Lines that a crash cut off, and videos
that lack some, do not count.
"""

import array
import dataclasses
import itertools
import json
import os
from collections.abc import Container, Iterable, Iterator


@dataclasses.dataclass(frozen=True)
class Extent:
    """A file of records as it is at some moment, while others may add to it.

    Attributes:
        path: the file.
        size: its bytes.
    """

    path: str | os.PathLike
    size: int


def measure(paths: Iterable[str | os.PathLike]) -> list[Extent]:
    """What several files hold at this moment; one that does not exist is empty."""
    sizes = {}
    for path in paths:
        try:
            sizes[path] = os.path.getsize(path)
        except FileNotFoundError:
            continue
    return [Extent(path, size) for path, size in sizes.items()]


def read_lines(extents: Iterable[Extent]) -> Iterator[str]:
    """The lines of several files, without their ends."""
    for extent in extents:
        end = 0
        with open(extent.path, "rb") as file:
            for line in file:
                end += len(line)
                if end > extent.size:
                    break
                yield line.decode(errors="replace").rstrip("\r\n")


def parse(line: str) -> dict | None:
    """The record on a line; None of a line that is not a whole record."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    is_record = isinstance(record, dict) and isinstance(record.get("name"), str)
    return record if is_record else None


class Index:
    """Tells which of many lines count. Holds a number or two for each, not the lines.

    Lines are added in their order, and known by it: the first is number 0.
    """

    def __init__(self):
        self._last = {}  # image -> number of its last line
        self._frames = {}  # video -> [numbers of its lines, how many there should be]
        self._count = 0

    def add(self, record: dict | None) -> None:
        """Adds the next line, as `parse` gives it."""
        number, self._count = self._count, self._count + 1
        if record is None:
            return
        name = record["name"]
        if "frame" not in record:
            self._frames.pop(name, None)
            self._last[name] = number
            return
        self._last.pop(name, None)
        group = self._frames.setdefault(name, [array.array("q"), None])
        group[0].append(number)
        group[1] = record.get("frames")

    def names(self) -> Iterator[str]:
        """The names whose lines count."""
        videos = (name for name, (lines, total) in self._frames.items() if len(lines) == total)
        return itertools.chain(self._last, videos)

    def counting(self, but: Container[str] = (), only: Container[str] | None = None) -> bytearray:
        """For each line, by its number, 1 if it counts, else 0.

        Args:
            but: names whose lines do not count in any case.
            only: the names whose lines may count; None for all.
        """
        flags = bytearray(self._count)
        for name in self.names():
            if name not in but and (only is None or name in only):
                for number in self._frames[name][0] if name in self._frames else [self._last[name]]:
                    flags[number] = 1
        return flags


def index(extents: Iterable[Extent]) -> Index:
    """The index of the lines of several files."""
    found = Index()
    for line in read_lines(extents):
        found.add(parse(line))
    return found


def read_counting(extents: Iterable[Extent], counting: bytearray | None = None) -> Iterator[str]:
    """The lines that count in several files, in their order.

    Args:
        extents: the files.
        counting: for each line, whether it counts, as `Index.counting` gives it; None looks.
    """
    extents = list(extents)
    counting = index(extents).counting() if counting is None else counting
    return itertools.compress(read_lines(extents), counting)
