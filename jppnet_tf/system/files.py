"""Writing files so that a reader never meets half of one; reading what others wrote."""

import contextlib
import csv
import errno
import io
import json
import os
import pathlib
import shutil
import typing
import uuid
from collections.abc import Iterator, Sequence

from jppnet_tf.system.errors import InputError


@contextlib.contextmanager
def replacing(path: str | os.PathLike, durable: bool = True) -> Iterator[pathlib.Path]:
    """Gives a temporary path beside `path`, renamed to `path` when the block ends well.

    When the block raises, the temporary file is removed and `path` is as it was before.

    Args:
        path: the file to write; its folder must exist.
        durable: whether it must survive a power cut from then on.

    Yields:
        A path to write to.
    """
    path = pathlib.Path(path)
    # Short and without the file's own name: that may already be as long as the disk allows.
    temporary = path.with_name(f".{uuid.uuid4().hex[:12]}.part")
    try:
        yield temporary
        if durable:
            sync(temporary)
        os.replace(temporary, path)
        if durable:
            sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def scratch_folder(place: str | os.PathLike) -> Iterator[pathlib.Path]:
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


def write_bytes(path: str | os.PathLike, content: bytes, durable: bool = True) -> None:
    """Writes `content` to `path` under a temporary name first; else as `replacing`."""
    with replacing(path, durable) as temporary:
        temporary.write_bytes(content)


def sync(path: str | os.PathLike) -> None:
    """Waits until a file's content, or which files a folder holds, is safe on disk.

    Disks and systems that cannot do so for a folder are left as they are.
    """
    is_folder = os.path.isdir(path)
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except PermissionError:  # Windows opens no folders
        if is_folder:
            return
        raise
    try:
        os.fsync(descriptor)
    except OSError as error:
        if not is_folder or error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def move_in(scratch: pathlib.Path, outputs: Sequence[pathlib.Path]) -> None:
    """Moves what was made in a scratch folder to its place; what was there before goes with it.

    Whoever reads the outputs meanwhile, or after a crash, finds the old ones, the new ones, or the
    last one missing: never the last one beside files that it does not belong to.

    Args:
        scratch: the folder, on the outputs' disk, with a file or folder of each output's name.
        outputs: the places, last the one that points to the others (`.xml` after `.bin`).

    Raises:
        OSError: one cannot be moved; those that were there before are back then.
    """
    replaced = []
    try:
        for number, path in enumerate(reversed(outputs)):
            if path.exists():
                old = scratch / f"replaced {number}"
                os.rename(path, old)
                replaced.append((path, old))
        for path in outputs:
            os.rename(scratch / path.name, path)
    except OSError:
        for path, old in replaced:
            if path.is_dir():
                shutil.rmtree(path)
            os.replace(old, path)
        raise


def list_visible(folder: str | os.PathLike, suffix: str = "") -> list[pathlib.Path]:
    """What lies in a folder, sorted by name, without what systems put there.

    Args:
        folder: of which to list files and folders.
        suffix: what their names end with, in any case; "" for all.

    Returns:
        Paths; without hidden ones, a Mac's `._name` among them, and its `__MACOSX`.
    """
    return sorted(
        path
        for path in pathlib.Path(folder).iterdir()
        if path.name.lower().endswith(suffix) and not path.name.startswith((".", "__MACOSX"))
    )


def read_text(path: str | os.PathLike, errors: str = "strict") -> str:
    """Reads a text that people or other programs wrote; Windows' mark at its beginning is left out.

    Args:
        path: of the file.
        errors: what becomes of bytes that are no UTF-8, as of `open`.

    Raises:
        InputError: it is missing, cannot be read, or is no UTF-8.
    """
    try:
        text = pathlib.Path(path).read_text(encoding="utf-8-sig", errors=errors)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: cannot be read: {error}") from None
    if "\0" in text:  # in UTF-8 only by damage, and in no name of a file
        raise InputError(f"{path}: cannot be read: it holds zero bytes; save it as UTF-8")
    return text


def read_json(path: str | os.PathLike) -> typing.Any:
    """Reads a JSON file, as `read_text`.

    Raises:
        InputError: it is missing, cannot be read, or is no JSON.
    """
    text = read_text(path)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from None


def read_rows(path: str | os.PathLike) -> Iterator[tuple[str, list[str]]]:
    """Reads a CSV of a name and numbers on each line; a header and empty lines are passed over.

    Yields:
        "<file>, line <number>" and the cells of that line.

    Raises:
        InputError: it is missing, cannot be read, or is no CSV.
    """
    text = read_text(path)
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline="")), start=1):
            is_header = number == 1 and not any(_is_number(cell) for cell in row[1:])
            if row and not is_header:
                yield f"{path}, line {number}", row
    except csv.Error as error:
        raise InputError(f"{path}: cannot be read: {error}") from None


def _is_number(cell):
    try:
        float(cell)
    except ValueError:
        return not cell.strip()
    return True


def check_readable(path: str | os.PathLike) -> None:
    """Refuses a file that exists but may not be read.

    Raises:
        InputError: there is no permission.
    """
    if not os.access(path, os.R_OK):
        raise InputError(f"{path}: no permission to read it")


def check_output(path: str | os.PathLike, overwrite: bool) -> None:
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
