"""Which images a user means, and what their results are called."""

import dataclasses
import glob
import os
import pathlib

from jppnet_tf.predictions import formats
from jppnet_tf.system.errors import InputError

SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".webp", ".tif", ".tiff", ".gif")
"""What a folder's images are recognised by; how they are read depends on their content alone."""

VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv")
"""What a video is recognised by."""


@dataclasses.dataclass(frozen=True)
class Sources:
    """The images of a run.

    Attributes:
        root: pathlib.Path below which all files lie; results keep their places below it.
        files: list of pathlib.Paths, absolute.
        unreadable: list of str: folders that could not be looked into, with the reason.
    """

    root: pathlib.Path
    files: list
    unreadable: list


def list_images(sources, list_file=None, output=None):
    """Finds the images that a user means.

    Args:
        sources: list of folders (searched with their sub-folders), files, and patterns with
            `*`, `?`, `[]` and `**`.
        list_file: None, or a text file that holds one image a line: absolute, or relative to
            the one folder in `sources`, or without `sources` to the list's own folder; a
            leading slash and a missing suffix do not matter, as in LIP's and the original's lists.
        output: None, or the folder of results; what lies in its own folders is no photograph.

    Returns:
        Sources; its root is the folder given, or without one the deepest that holds all files.

    Raises:
        InputError: a source does not exist, or there are no images.
    """
    sources = [str(source) for source in sources]
    folder = pathlib.Path(sources[0]) if len(sources) == 1 and os.path.isdir(sources[0]) else None
    unreadable = []
    if list_file is not None:
        if sources and folder is None:
            given = " ".join(sources)
            raise InputError(f"{list_file}: a list goes with one folder, not with {given}")
        found = _read_list(pathlib.Path(list_file), folder)
    else:
        found = [file for source in sources for file in _find(source, unreadable)]
    files = list(dict.fromkeys(pathlib.Path(os.path.abspath(file)) for file in found))
    files = [file for file in files if not _is_result(file, output)]
    if not files:
        place = list_file or " ".join(sources) or "nothing"
        raise InputError("; ".join([f"no images found in {place}", *unreadable]))
    root = folder and pathlib.Path(os.path.abspath(folder))
    if root is None or not all(file.is_relative_to(root) for file in files):
        root = pathlib.Path(os.path.commonpath([file.parent for file in files]))
    return Sources(root, files, unreadable)


def list_videos(sources):
    """Finds the videos, or the camera, that a user means.

    Args:
        sources: list of files and patterns, each with one of VIDEO_SUFFIXES; or one number that is
            no file's name, a camera's.

    Returns:
        Sources; the number, as int; or None, if the sources are images.

    Raises:
        InputError: there are images or a camera among videos, or a video does not exist.
    """
    cameras = [source for source in sources if source.isdecimal() and not os.path.exists(source)]
    videos = [source for source in sources if source.lower().endswith(VIDEO_SUFFIXES)]
    if not cameras and not videos:
        return None
    if len(sources) > max(len(videos), 1):
        given = " ".join(sources)
        raise InputError(f"{given}: give videos alone, or one camera, or images and their folders")
    if cameras:
        return int(cameras[0])
    found = [file for source in videos for file in _find_videos(source)]
    files = list(dict.fromkeys(pathlib.Path(os.path.abspath(file)) for file in found))
    return Sources(pathlib.Path(os.path.commonpath([file.parent for file in files])), files, [])


def _find_videos(source):
    found = [source] if os.path.exists(source) else sorted(glob.glob(source, recursive=True))
    if not found:
        raise InputError(f"{source}: no such video, and no file matches it as a pattern")
    return found


def _is_result(file, output):
    if output is None:
        return False
    folder = os.path.realpath(file.parent) + os.sep
    results = (os.path.join(os.path.realpath(output), name, "") for name in formats.FOLDERS)
    return folder.startswith(tuple(results))


def _find(source, unreadable):
    if os.path.isdir(source):
        return _walk(source, unreadable)
    if os.path.exists(source):
        return [source]
    found = sorted(glob.glob(source, recursive=True))
    if not found:
        raise InputError(f"{source}: no such file or folder, and no file matches it as a pattern")
    return [file for file in found if file.lower().endswith(SUFFIXES) and os.path.isfile(file)]


def _walk(top, unreadable):
    """Image files below `top`, sorted, through links too; hidden ones are left out."""

    def remember(error):
        unreadable.append(f"{error.filename}: folder cannot be read: {error.strerror}")

    seen = set()
    for folder, folders, files in os.walk(top, onerror=remember, followlinks=True):
        place = os.path.realpath(folder)
        if place in seen:  # a link that leads back
            folders.clear()
            continue
        seen.add(place)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.lower().endswith(SUFFIXES) and not name.startswith("."):
                yield os.path.join(folder, name)


def _read_list(list_file, folder):
    try:  # utf-8-sig: Windows editors begin a file with a mark
        text = list_file.read_text(encoding="utf-8-sig", errors="surrogateescape")
    except OSError as error:
        raise InputError(f"{list_file}: the list cannot be read: {error.strerror}") from None
    folder = list_file.parent if folder is None else folder
    return [_listed(line.strip(), folder) for line in text.splitlines() if line.strip()]


def _listed(line, folder):
    """The file a line means; if there is none, the path where it was looked for first."""
    below = folder / line.lstrip("/")
    candidates = [pathlib.Path(line)] if line.startswith("/") else []
    candidates += [below] + [below.with_name(below.name + suffix) for suffix in SUFFIXES]
    # Not Path.is_file: of a name that is too long for the disk it raises.
    return next((file for file in candidates if os.path.isfile(file)), below)


def result_names(files, root):
    """What the results of each image are called, the same for whoever writes or reads them.

    A name is the image's path below `root` without its suffix. Where results of two images
    would get in each other's way, all of these images keep their suffix: `a.jpg` and `a.png`;
    `a_vis.jpg`, whose labels are called as the colours of `a.jpg`; `a.jpg` beside a folder
    `a.png`.

    Args:
        files: pathlib.Paths below `root`.
        root: pathlib.Path.

    All formats are thought of, so that names do not depend on which are asked for.

    Returns:
        List of str with `/` between folders, in the order of `files`.
    """
    full = [file.relative_to(root).as_posix() for file in files]
    names = [path[: len(path) - len(pathlib.Path(path).suffix)] for path in full]
    while True:
        clashing = {i for i in _clashes(names) if names[i] != full[i]}
        if not clashing:
            return names
        for i in clashing:
            names[i] = full[i]


def _clashes(names):
    """Indices of names of which two would write one file, or one a file where one has a folder."""
    files, folders = {}, {}
    for index, name in enumerate(names):
        for path in formats.all_paths(name):
            files.setdefault(path, set()).add(index)
            parent = path.rpartition("/")[0]
            while "/" in parent:
                folders.setdefault(parent, set()).add(index)
                parent = parent.rpartition("/")[0]
    groups = [owners for owners in files.values() if len(owners) > 1]
    groups += [owners | folders[path] for path, owners in files.items() if path in folders]
    return set().union(*groups)
