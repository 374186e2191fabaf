"""MATLAB's .mat files, read so that damaged ones are errors.

SciPy believes what a file says of its sizes, and ends the whole process where a bit of that is
wrong. So nothing is handed to it that has not been looked at before: what is compressed, as MATLAB
writes it, has checksums; everything else is read in another process first.
"""

import os
import pathlib
import struct
import subprocess
import sys
import zlib

import scipy.io

from jppnet_tf.system.errors import InputError

_HEADER = 128  # bytes: a text, and the order of bytes in the last two
_COMPRESSED = 15  # the kind of an element
_TRIAL = "import sys, scipy.io; scipy.io.loadmat(sys.argv[1])"


def read_mat(path: str | os.PathLike, **options: bool) -> dict:
    """Reads a .mat file of MATLAB's versions 5 to 7.

    Args:
        path: of the file.
        **options: of scipy.io.loadmat.

    Returns:
        dict of variable names to values.

    Raises:
        InputError: the file is missing or damaged, or another one.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    try:
        _check_version(path)
        if not _has_checksums(path.read_bytes()):
            _try_elsewhere(path)
        return scipy.io.loadmat(path, **options)
    except Exception as error:  # SciPy has a different way to fail for each kind of damage.
        raise InputError(f"{path}: damaged, or not a .mat file: {error}") from None


def _check_version(path):
    # A version 4 file may claim any size, and SciPy would take as much memory.
    version = scipy.io.matlab.matfile_version(path)[0]
    if version == 2:
        raise ValueError("it is MATLAB 7.3's, which is HDF5; save it with -v7")
    if version != 1:
        raise ValueError(f"it is of version {version}")


def _has_checksums(content):
    """Whether all of a file is compressed, and right.

    Raises:
        ValueError, zlib.error: what is compressed is not right.
    """
    order = {b"MI": ">", b"IM": "<"}[content[_HEADER - 2 : _HEADER]]
    place = _HEADER
    while place < len(content):
        kind, size = struct.unpack_from(f"{order}II", content, place)
        if kind != _COMPRESSED:
            return False
        if place + 8 + size > len(content):
            raise ValueError("it ends too early")
        zlib.decompress(content[place + 8 : place + 8 + size])
        place += 8 + size
    return True


def _try_elsewhere(path):
    """Reads a file in a process that may end."""
    done = subprocess.run(
        [sys.executable, "-c", _TRIAL, str(path)], capture_output=True, text=True, errors="replace"
    )
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1:]
        raise ValueError(reason[0] if reason else "it cannot be read")
