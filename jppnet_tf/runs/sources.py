"""Which images or videos a user means."""

import collections
import dataclasses
import glob
import json
import os
from collections.abc import Iterable, Iterator, Sequence

from jppnet_tf.images.names import SUFFIXES
from jppnet_tf.predictions import formats
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.files import read_text

UNREAD_SUFFIXES = tuple(
    {
        ".avif", ".heic", ".heif", ".jp2", ".j2k", ".jpx", ".jxl", ".psd", ".raw", ".dng", ".cr2",
        ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf", ".svg", ".eps",
    }
    - {*SUFFIXES}
)  # fmt: skip
"""What pictures have that nobody reads here: a folder's are counted, not left out in silence."""

VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv")
"""What a video is recognised by."""

SETTINGS = "settings.json"
"""The file of an output folder that says what decided its results."""
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"BM", b"II*\0", b"MM\0*")
"""How the commonest images begin, for files without a suffix."""
_SYSTEM_FOLDERS = ("__MACOSX",)


@dataclasses.dataclass(frozen=True)
class Sources:
    """The images of a run.

    Attributes:
        root: absolute path of the folder that result names are relative to.
        files: absolute paths.
        unreadable: lines for people: folders that could not be searched, with the reason.
        notes: lines for people: what was left out, and why.
    """

    root: str
    files: list[str]
    unreadable: list[str] = dataclasses.field(default_factory=list)
    notes: list[str] = dataclasses.field(default_factory=list)


def list_images(
    sources: Sequence[str | os.PathLike],
    list_file: str | os.PathLike | None = None,
    output: str | os.PathLike | None = None,
) -> Sources:
    """Finds the images that a user means.

    Hidden files and folders are left out, and so are results of earlier runs.

    Args:
        sources: folders (searched with their sub-folders), files, and patterns with `*`, `?`, `[]`
            and `**`.
        list_file: a text file that names one image a line: absolute, or relative to the one folder
            in `sources`, or without `sources` to the list's own folder. A leading slash and a
            missing suffix do not matter, as in LIP's and the original's lists; quotes around a
            name and Windows' separators are understood.
        output: the folder of results.

    Returns:
        Sources. Its root is the folder given; without one, the list's own folder if images lie
        below it, or else the deepest folder that holds all files.

    Raises:
        InputError: a source does not exist, or there are no images.
    """
    places = [os.fspath(source) for source in sources]
    folder = places[0] if len(places) == 1 and os.path.isdir(places[0]) else None
    search = _Search(output)
    if list_file is not None:
        if places and folder is None:
            given = " ".join(places)
            raise InputError(f"{list_file}: a list goes with one folder, not with {given}")
        found = _read_list(os.fspath(list_file), folder)
    else:
        found = (file for place in places for file in search.find(place))
    files = list(dict.fromkeys(search.leave_results_out(map(os.path.abspath, found))))
    if not files:
        where = list_file or " ".join(places) or "nothing"
        raise InputError("; ".join([f"no images found in {where}", *search.unreadable]))
    root = _choose_root(files, folder, list_file)
    return Sources(root, files, search.unreadable, search.notes())


def _choose_root(files, folder, list_file):
    if folder is not None:
        return os.path.abspath(folder)
    if list_file is not None:
        place = os.path.dirname(os.path.abspath(list_file))
        if any(file.startswith(place.rstrip(os.sep) + os.sep) for file in files):
            return place
    return os.path.commonpath({os.path.dirname(file) for file in files})


class _Search:
    """Looks for images, and remembers what was left out.

    Args:
        output: the folder of results, or None.
    """

    def __init__(self, output):
        self.unreadable = []
        self._unread: collections.Counter[str] = collections.Counter()  # suffix -> files
        self._results = {}  # folder -> whether it holds results
        self._outputs = {}  # folder -> whether it is one of results
        self._left_out = {}  # output folders whose results were found among the images
        if output is not None:
            self._outputs[os.path.realpath(output)] = True

    def find(self, source: str) -> Iterator[str]:
        """The images in a folder, or of a pattern, or the file itself."""
        if os.path.isdir(source):
            return self._walk(source)
        if os.path.exists(source):
            return iter([source])
        found = sorted(glob.glob(source, recursive=True))
        if not found:
            raise InputError(
                f"{source}: no such file or folder, and no file matches it as a pattern"
            )
        return (file for file in found if os.path.isfile(file) and self._is_image(file))

    def _is_image(self, path):
        """Whether a name says so, or without a suffix the content; counts what cannot be read."""
        suffix = os.path.splitext(path)[1].lower()
        if suffix in SUFFIXES:
            return True
        if suffix in UNREAD_SUFFIXES:
            self._unread[suffix] += 1
        return not suffix and _begins_as_image(path)

    def _walk(self, top):
        """Image files below `top`, sorted, through links too; hidden ones are left out."""

        def remember(error):
            self.unreadable.append(f"{error.filename}: folder cannot be read: {error.strerror}")

        seen = set()
        for folder, folders, files in os.walk(top, onerror=remember, followlinks=True):
            place = os.path.realpath(folder)
            if place in seen:  # a link that leads back
                folders.clear()
                continue
            seen.add(place)
            folders[:] = sorted(
                name for name in folders if name[0] != "." and name not in _SYSTEM_FOLDERS
            )
            for name in sorted(files):
                if name[0] != "." and self._is_image(path := os.path.join(folder, name)):
                    yield path

    def leave_results_out(self, files: Iterable[str]) -> Iterator[str]:
        """The files that are not results of a run, by a look at each of their folders."""
        place, is_result = None, False
        for file in files:
            folder = os.path.dirname(file)
            if folder != place:
                place, is_result = folder, self._holds_results(os.path.realpath(folder))
            if not is_result:
                yield file

    def _holds_results(self, folder):
        if folder not in self._results:
            parent, name = os.path.split(folder)
            if not name:  # the root of the disk
                return False
            is_result = name in formats.FOLDERS and self._is_output(parent)
            if is_result:
                self._left_out[parent] = True
            self._results[folder] = is_result or self._holds_results(parent)
        return self._results[folder]

    def _is_output(self, folder):
        if folder not in self._outputs:
            self._outputs[folder] = _has_settings(folder)
        return self._outputs[folder]

    def notes(self) -> list[str]:
        """What was left out, and why."""
        notes = [f"{folder}: results of a run, not taken as images" for folder in self._left_out]
        if self._unread:
            kinds = ", ".join(f"{count} {suffix}" for suffix, count in sorted(self._unread.items()))
            notes.append(f"left out, because such files are not read: {kinds}; convert them first")
        return notes


def _has_settings(folder):
    """Whether a folder has the settings of a run that wrote results there."""
    try:
        with open(os.path.join(folder, SETTINGS), encoding="utf-8") as file:
            settings = json.load(file)
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(settings, dict) and {"checksum", "scales"} <= settings.keys()


def _begins_as_image(path):
    try:
        if not os.path.isfile(path):
            return False
        with open(path, "rb") as file:
            start = file.read(12)
    except OSError:
        return False
    return start.startswith(_SIGNATURES) or (start[:4], start[8:]) == (b"RIFF", b"WEBP")


def _read_list(list_file, folder):
    lines = read_text(list_file, errors="surrogateescape").splitlines()  # names may be no UTF-8
    folder = os.path.dirname(list_file) if folder is None else folder
    return (_find_listed(line.strip(), folder) for line in lines if line.strip())


def _find_listed(line, folder):
    """The file that a line means; if it does not exist, the path where it was looked for first."""
    spellings = dict.fromkeys([line, line.strip("\"'"), line.strip("\"'").replace("\\", "/")])
    candidates = [line] if line.startswith("/") else []
    for spelling in spellings:
        below = os.path.join(folder, spelling.lstrip("/"))
        candidates += [below, *(below + suffix for suffix in SUFFIXES)]
    found = next((file for file in candidates if os.path.isfile(file)), None)
    return found or os.path.join(folder, line.lstrip("/"))


def list_videos(sources: Sequence[str]) -> Sources | int | None:
    """Finds the videos, or the camera, that a user means.

    Args:
        sources: files and patterns, each with one of VIDEO_SUFFIXES; or one number that is not a
            file's name, a camera's.

    Returns:
        Sources; or the camera's number; or None, if the sources are images.

    Raises:
        InputError: there are images or a camera among videos, or a video does not exist.
    """
    given = [str(source) for source in sources]
    cameras = [source for source in given if source.isdecimal() and not os.path.exists(source)]
    videos = [source for source in given if source.lower().endswith(VIDEO_SUFFIXES)]
    if not cameras and not videos:
        return None
    if len(given) > max(len(videos), 1):
        raise InputError(
            f"{' '.join(given)}: give videos alone, or one camera, or images and their folders"
        )
    if cameras:
        return int(cameras[0])
    found = [file for source in videos for file in _find_videos(source)]
    files = list(dict.fromkeys(map(os.path.abspath, found)))
    return Sources(os.path.commonpath([os.path.dirname(file) for file in files]), files)


def _find_videos(source):
    found = [source] if os.path.exists(source) else sorted(glob.glob(source, recursive=True))
    if not found:
        raise InputError(f"{source}: no such video, and no file matches it as a pattern")
    return found
