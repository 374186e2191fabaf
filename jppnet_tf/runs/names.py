"""What the results of each image are called, the same for whoever writes or reads them."""

import collections
import functools
import os
from collections.abc import Iterator, Sequence

from jppnet_tf.predictions import formats

OUTSIDE = "_outside"
"""The folder that names of images outside the root begin with."""


def result_names(files: Sequence[str], root: str) -> list[str]:
    """What the results of images are called.

    A name is the image's path below `root` without its suffix; of an image outside the root, it is
    OUTSIDE and the whole path. Where results of two images would get in each other's way, both keep
    their suffix: `a.jpg` and `a.png`; `a_vis.jpg`, whose labels are called as the colours of
    `a.jpg`; `a.jpg` beside a folder `a.png`. All formats are considered, so names do not depend on
    which are asked for.

    Args:
        files: absolute paths.
        root: absolute path of a folder.

    Returns:
        Names with `/` between folders, in the order of `files`. No part of them is `.` or `..`.
    """
    # Unlike pathlib, splitext leaves "...jpg" whole: without its suffix it would be "..".
    names = [os.path.splitext(_below(file, root))[0] for file in files]
    kept: set[int] = set()  # what keeps its suffix
    while clashing := _find_clashes(names) - kept:
        for index in clashing:
            names[index] = _below(files[index], root)
        kept |= clashing
    return names


def _below(file: str, root: str) -> str:
    """A file's path below the root, with `/` between folders."""
    start = root if root.endswith(os.sep) else root + os.sep
    if file.startswith(start):
        path = file[len(start) :]
    else:
        path = os.path.join(OUTSIDE, os.path.splitdrive(file)[1].lstrip(os.sep))
    return path.replace(os.sep, "/")


def _find_clashes(names: Sequence[str]) -> set[int]:
    """Indices of names of which two would write one file, or one a file where one has a folder."""
    first: dict[str, int] = {}
    clashes = set()
    for index, name in enumerate(names):
        if first.setdefault(name, index) != index:
            clashes |= {index, first[name]}
    for index, name in enumerate(names):
        rivals = {first[rival] for rival in _rivals(name) if rival in first}
        if rivals:
            clashes |= {index, *rivals}
    again = {names[index] for index in clashes}  # names that several images have, all of them
    return {index for index, name in enumerate(names) if name in again} if clashes else clashes


def _rivals(name: str) -> Iterator[str]:
    """The names whose results would be a file of this one's, or a file where this one has a folder.

    For `a_vis` that is `a`; for `x.png/b` it is `x`.
    """
    files, own_folders, extras = _suffixes()
    if name.endswith(own_folders):
        yield from _without(name, own_folders)
    if name.endswith(extras):
        yield from _without(name, extras)
    folder = name
    while "/" in folder:
        folder = folder.rpartition("/")[0]
        if folder.endswith(files):
            yield from _without(folder, files)


def _without(name: str, suffixes: Sequence[str]) -> Iterator[str]:
    return (name[: -len(suffix)] for suffix in suffixes if name.endswith(suffix))


@functools.cache
def _suffixes() -> tuple[tuple[str, ...], ...]:
    """What formats put behind a name.

    Returns:
        All of it, such as `.png` and `_keypoints.json`; those of formats in which a name is also a
        folder; and what one name must have in addition to be written as another is, such as `_vis`.
    """
    mark = "\0"
    places = collections.defaultdict(set)
    for path in formats.all_paths(mark):
        if path.count(mark) == 1:
            place, suffix = path.split(mark)
            places[place].add(suffix)
    extras, own_folders = set(), set()
    for suffixes in places.values():
        extras |= {a[: -len(b)] for a in suffixes for b in suffixes if a != b and a.endswith(b)}
        if any("/" in suffix for suffix in suffixes):
            own_folders |= suffixes
    every = set().union(*places.values())
    return tuple(tuple(sorted(group)) for group in (every, own_folders, extras))
