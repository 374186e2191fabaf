"""Writing files so that a reader never meets half of one."""

import contextlib
import os
import pathlib
import shutil
import uuid

from jppnet_tf.system.errors import InputError


@contextlib.contextmanager
def replacing(path):
    """Gives a temporary path beside `path`, renamed to `path` when the block ends well.

    When the block raises, the temporary file is removed and `path` is as it was before.

    Args:
        path: the file to write; its folder must exist.

    Yields:
        A pathlib.Path to write to.
    """
    path = pathlib.Path(path)
    # Short and without the file's own name: that may already be as long as the disk allows.
    temporary = path.with_name(f".{uuid.uuid4().hex[:12]}.part")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def scratch_folder(place):
    """Gives an empty folder inside `place`, to make files in and move them out of; then removes it.

    Args:
        place: an existing folder, on the disk where the files shall be.

    Yields:
        A pathlib.Path.
    """
    scratch = pathlib.Path(place) / f".{uuid.uuid4().hex[:12]}.part"
    scratch.mkdir()
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def write_bytes(path, content):
    """Writes `content` (bytes) to `path` under a temporary name first."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def check_readable(path):
    """Refuses a file that exists but may not be read.

    Raises:
        InputError: there is no permission.
    """
    if not os.access(path, os.R_OK):
        raise InputError(f"{path}: no permission to read it")


def check_output(path, overwrite):
    """Refuses an output path that could not be written, before any work is spent on it.

    Args:
        path: the file (or folder) that is to be made.
        overwrite: whether an existing one may be replaced.

    Raises:
        InputError: its folder is missing or not writable, or it exists already.
    """
    path = pathlib.Path(path)
    folder = path.absolute().parent
    if not folder.is_dir():
        state = "is not a folder" if folder.exists() else "does not exist"
        raise InputError(f"{path}: cannot be written: {folder} {state}; make it first")
    if not os.access(folder, os.W_OK):
        raise InputError(f"{path}: cannot be written: no permission to write in {folder}")
    if path.exists() and not overwrite:
        raise InputError(f"{path}: exists already; pass --overwrite to replace it")
