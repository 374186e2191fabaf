"""The rows of parquet files, one after the other: sets of many gigabytes are never held at once."""

import contextlib
import dataclasses
import os
import pathlib
import re
import types
import typing
from collections.abc import Iterator

from jppnet_tf.system.errors import InputError
from jppnet_tf.system.files import list_visible

IMAGE_COLUMNS = ("image", "img")
"""What columns of images are called, the likeliest first."""
MASK_COLUMNS = ("mask", "label", "annotation", "segmentation")
"""What columns of masks are called, the likeliest first."""
_ROWS = 16
"""How many rows are in memory beside what pyarrow reads at once, often a file's group of rows."""
_BUFFER = 1 << 20
_DEPTH = 4  # folders below the given one that are searched


@dataclasses.dataclass(frozen=True)
class Source:
    """One split of a data set of the hub.

    Attributes:
        files: tuple of the paths of its parquet files, in their order.
        image, mask: names of the columns.
        rows: how many there are.
        guessed: the flags whose columns were guessed: "image", "mask".
        others: other columns with images.
    """

    files: tuple[pathlib.Path, ...]
    image: str
    mask: str
    rows: int
    guessed: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Row:
    """One row.

    Attributes:
        number: which of the split, from 0.
        image, mask: contents of the two image files.
        path: what the data set calls the image's file; "" if it does not.
        where: its file, and number in it, for messages.
    """

    number: int
    image: bytes = dataclasses.field(repr=False)
    mask: bytes = dataclasses.field(repr=False)
    path: str
    where: str


def find_source(
    dataset: str | os.PathLike,
    split: str = "train",
    image: str | None = None,
    mask: str | None = None,
) -> Source:
    """Finds the files of a split, and the columns.

    Args:
        dataset: a folder with parquet files as the hub has them, `train-00000-of-00002.parquet` or
            `train/0000.parquet`; or one file, which is the split whatever it is called.
        split: which.
        image, mask: columns; None guesses among IMAGE_COLUMNS and MASK_COLUMNS.

    Raises:
        InputError: it is not there, lacks files or columns, or pyarrow is not installed.
    """
    files = _find_files(pathlib.Path(dataset), split)
    rows, known = 0, {}
    for file in files:
        with _opened(file) as parquet:
            rows += parquet.metadata.num_rows
            known[file] = {field.name: _holds_files(field.type) for field in parquet.schema_arrow}
    first = known[files[0]]
    columns = {
        "image": image or _guess("image", IMAGE_COLUMNS, first, files[0]),
        "mask": mask or _guess("mask", MASK_COLUMNS, first, files[0]),
    }
    for file in files:
        for flag, name in columns.items():
            _check_column(file, flag, name, known[file])
    if columns["image"] == columns["mask"]:
        raise InputError(f"{files[0]}: images and masks cannot both be column {columns['mask']}")
    if not rows:
        raise InputError(f"{files[0]}: no rows")
    return Source(
        files,
        **columns,
        rows=rows,
        guessed=tuple(flag for flag, name in (("image", image), ("mask", mask)) if not name),
        others=tuple(name for name in first if first[name] and name not in columns.values()),
    )


def stream_rows(source: Source) -> Iterator[Row]:
    """Gives the rows of a split; one group of rows of a file is in memory at a time.

    Raises:
        InputError: a file is damaged, or a row lacks its image or its mask.
    """
    number = 0
    for file in source.files:
        with _opened(file) as parquet:
            batches = parquet.iter_batches(
                _ROWS, columns=[source.image, source.mask], use_threads=False
            )
            in_file = 0
            for batch in batches:
                for cells in batch.to_pylist():
                    where = f"{file}, row {in_file}"
                    image, path = _read_cell(cells[source.image], source.image, where)
                    mask, _ = _read_cell(cells[source.mask], source.mask, where)
                    yield Row(number, image, mask, path, where)
                    number, in_file = number + 1, in_file + 1


def _find_files(dataset, split):
    if dataset.is_file():
        return (dataset,)
    if not dataset.is_dir():
        name = str(dataset)
        how = ""
        if re.fullmatch(r"[\w.-]+/[\w.-]+", name):
            folder = name.rpartition("/")[2]
            how = (
                f"; if it is a name of the hub, download it first: hf download {name} "
                f"--repo-type dataset --local-dir {folder}, and pass --dataset {folder}"
            )
        raise InputError(f"{dataset}: no such file or folder{how}")
    found = list(_search(dataset, _DEPTH))
    if not found:
        raise InputError(f"{dataset}: no .parquet files; data sets of other forms are not read")
    is_split = dataset.name == split
    files = [path for path in found if is_split or _is_of(split, path.relative_to(dataset))]
    if not files:
        names = ", ".join(str(path.relative_to(dataset)) for path in found[:5])
        raise InputError(
            f"{dataset}: no file of split {split} among {len(found)}: {names}"
            f"{', ...' if len(found) > 5 else ''}; pass another --split, or one file as --dataset"
        )
    _check_parts(dataset, files)
    return tuple(files)


def _search(folder, depth):
    for path in list_visible(folder):
        if path.is_file() and path.suffix.lower() == ".parquet":
            yield path
        elif path.is_dir() and depth:
            yield from _search(path, depth - 1)


def _is_of(split, path):
    """Whether a path, relative to the data set, says that its file is of a split."""
    # train-00000-of-00002 and train_1 are of train, trainval and train_small are not.
    is_named = re.match(rf"{re.escape(split)}(?!_?[^\W\d_])", path.name) is not None
    return is_named or split in path.parts[:-1]


def _check_parts(dataset, files):
    """Refuses files of several configurations, and splits of which parts are missing."""
    folders = sorted({str(path.parent.relative_to(dataset)) for path in files})
    if len(folders) > 1:
        raise InputError(
            f"{dataset}: the split lies in several folders: {', '.join(folders)}; pass one of them "
            "as --dataset"
        )
    for path in files:
        counted = re.search(r"-(\d+)-of-(\d+)", path.name)
        if counted and int(counted[2]) != len(files):
            raise InputError(
                f"{path.parent}: {len(files)} of {int(counted[2])} files of the split are there, "
                f"{path.name} among them; download the rest"
            )


@contextlib.contextmanager
def _opened(path: pathlib.Path) -> Iterator[typing.Any]:
    """Gives a pyarrow ParquetFile; what goes wrong with it in the block becomes an InputError."""
    arrow = _import_pyarrow()
    try:
        # Buffered, so that not the whole of a column's part is read at once.
        with arrow.parquet.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False) as parquet:
            yield parquet
    except (arrow.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"{path}: damaged, or not a parquet file: {reason}; download it again"
        ) from None


def _import_pyarrow() -> types.ModuleType:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise InputError(
            f"reading parquet files needs pyarrow ({error}): pip install 'jppnet-tf[hf]'"
        ) from None
    return pyarrow


def _holds_files(kind):
    """Whether a column of this type has the contents of image files in it."""
    types = _import_pyarrow().types
    if types.is_struct(kind):
        names = [field.name for field in kind]
        return "bytes" in names and _holds_files(kind.field(names.index("bytes")).type)
    return types.is_binary(kind) or types.is_large_binary(kind)


def _guess(flag, names, known, path):
    for name in names:
        if known.get(name):
            return name
    there = ", ".join(known)
    raise InputError(
        f"{path}: no column {', '.join(names[:-1])} or {names[-1]} with images; there are {there}: "
        f"pass --{flag}"
    )


def _check_column(path, flag, name, known):
    if not known.get(name):
        lack = "does not hold images' contents" if name in known else "is not there"
        holding = ", ".join(other for other in known if known[other]) or "none"
        raise InputError(f"{path}: column {name} (--{flag}) {lack}; columns that do: {holding}")


def _read_cell(cell, column, where):
    """The content and the path of an image: (bytes, str)."""
    content, path = (cell.get("bytes"), cell.get("path")) if isinstance(cell, dict) else (cell, "")
    if not content:
        lies = f"; it lies in {path}, outside the data set" if path else ""
        raise InputError(f"{where}: has no {column}{lies}")
    return content, path or ""
