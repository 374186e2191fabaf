"""Which images a user means, and what their results are called."""

import glob
import os
import pathlib

from jppnet_tf import formats
from jppnet_tf.errors import InputError
from jppnet_tf.images import SUFFIXES


def list_images(sources, list_file=None, exclude=None):
    """Finds the images that a user means.

    Args:
        sources: list of folders (searched with their sub-folders), files, and patterns with
            `*`, `?`, `[]` and `**`.
        list_file: None, or a text file that holds one image a line: absolute, or relative to
            the one folder in `sources`, or without `sources` to the list's own folder; a
            leading slash and a missing suffix do not matter, as in LIP's and the original's lists.
        exclude: a folder to leave out of the search, such as the output.

    Returns:
        (root, files): pathlib.Paths; results keep the files' places below root, which is the
        folder given, or else the deepest folder that holds all files.

    Raises:
        InputError: a source does not exist, or there are no images.
    """
    sources = [str(source) for source in sources]
    folder = pathlib.Path(sources[0]) if len(sources) == 1 and os.path.isdir(sources[0]) else None
    if list_file is not None:
        if sources and folder is None:
            raise InputError(
                f"{list_file}: a list goes with one folder, not with {' '.join(sources)}"
            )
        files = _read_list(pathlib.Path(list_file), folder)
        folder = None
    else:
        files = [file for source in sources for file in _find(source, exclude)]
    files = list(dict.fromkeys(pathlib.Path(os.path.abspath(file)) for file in files))
    if not files:
        raise InputError(f"no images found in {list_file or ' '.join(sources) or 'nothing'}")
    root = os.path.abspath(folder) if folder else os.path.commonpath([f.parent for f in files])
    return pathlib.Path(root), files


def _find(source, exclude):
    if os.path.isdir(source):
        return _walk(source, exclude)
    if os.path.exists(source):
        return [source]
    found = sorted(glob.glob(source, recursive=True))
    if not found:
        raise InputError(f"{source}: no such file or folder, and no file matches it as a pattern")
    return [file for file in found if file.lower().endswith(SUFFIXES) and os.path.isfile(file)]


def _walk(top, exclude):
    """Image files below `top`, sorted; hidden ones and the excluded folder are left out."""
    exclude = exclude and os.path.realpath(exclude)
    for folder, folders, files in os.walk(top):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and os.path.realpath(os.path.join(folder, name)) != exclude
        )
        for name in sorted(files):
            if name.lower().endswith(SUFFIXES) and not name.startswith("."):
                yield os.path.join(folder, name)


def _read_list(list_file, folder):
    try:
        lines = list_file.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError as error:
        raise InputError(f"{list_file}: the list cannot be read: {error.strerror}") from None
    folder = list_file.parent if folder is None else folder
    return [_listed(line.strip(), folder) for line in lines if line.strip()]


def _listed(line, folder):
    """The file a line means; if there is none, the path where it was looked for first."""
    below = folder / line.lstrip("/")
    candidates = [pathlib.Path(line)] if line.startswith("/") else []
    candidates += [below] + [below.with_name(below.name + suffix) for suffix in SUFFIXES]
    return next((file for file in candidates if file.is_file()), below)


def result_names(files, root):
    """What the results of each image are called, the same for whoever writes or reads them.

    A name is the image's path below `root` without its suffix. Where two images would write
    one file (`a.jpg` and `a.png`; or `a_vis.jpg`, whose labels are called as the colours of
    `a.jpg`), all of them keep their suffix.

    Args:
        files: pathlib.Paths below `root`.
        root: pathlib.Path.

    Returns:
        List of str with `/` between folders, in the order of `files`.
    """
    full = [file.relative_to(root).as_posix() for file in files]
    names = [path[: len(path) - len(pathlib.Path(path).suffix)] for path in full]
    while True:
        owners = {}
        for index, name in enumerate(names):
            for path in formats.lip_paths(name):
                owners.setdefault(path, set()).add(index)
        clashing = {i for group in owners.values() if len(group) > 1 for i in group}
        if all(names[i] == full[i] for i in clashing):
            return names
        for i in clashing:
            names[i] = full[i]
