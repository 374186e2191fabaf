"""Named arrays on disk, and the strict way from there into a model and back.

A name is `<layer>/<variable>`, such as `fc2_pose__conv1/kernel`. Files are safetensors, with
the model's name and settings, the source and a checksum in their metadata.
"""

import dataclasses
import hashlib
import json
import os
import pathlib
import shutil
import typing
from collections.abc import Callable, Mapping

import numpy as np
import safetensors
import safetensors.numpy

from jppnet_tf.system.errors import InputError
from jppnet_tf.system.files import check_readable, scratch_folder, sync
from jppnet_tf.weights import foreign

_SHOWN = 100
"""How many names of a kind a message lists: a foreign file may hold many thousands."""

if typing.TYPE_CHECKING:
    import keras


@dataclasses.dataclass(frozen=True)
class Archive:
    """Weights on disk, opened but not yet read.

    Attributes:
        path: where they are, for messages.
        shapes: dict of name to shape.
        read: function from a name to its array.
        metadata: dict of str to str; empty where the format has none.
        skipped: names on disk that are not weights (optimizer slots, counters).
        source: the file (of several shards, the first) whose sha256 tells the weights' origin.
        faults: what else is wrong with them, lines of text; `check_shapes` refuses such weights.
    """

    path: pathlib.Path
    shapes: dict[str, tuple[int, ...]]
    read: Callable[[str], np.ndarray]
    metadata: dict[str, str] = dataclasses.field(default_factory=dict)
    skipped: tuple[str, ...] = ()
    source: pathlib.Path | None = None
    faults: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, path: str | os.PathLike, arrays: Mapping[str, np.ndarray], **fields: typing.Any
    ) -> "Archive":
        """An archive of arrays that were read already; `fields` are its other attributes."""
        shapes = {name: array.shape for name, array in arrays.items()}
        return cls(pathlib.Path(path), shapes, arrays.__getitem__, **fields)

    def read_all(self) -> dict[str, np.ndarray]:
        """Reads everything: dict of name to float32 array.

        Raises:
            InputError: an array is damaged or of another type than floating point.
        """
        arrays = {}
        for name in self.shapes:
            array = self.read(name)
            if array.dtype not in (np.float32, np.float16):
                raise InputError(f"{self.path}: {name} holds {array.dtype}, not float32 or float16")
            arrays[name] = np.ascontiguousarray(array, np.float32)
        stated = self.metadata.get("checksum")
        if stated and stated != checksum(arrays):
            raise InputError(
                f"{self.path}: damaged: its checksum is wrong; copy or convert it again"
            )
        return arrays


def checksum(arrays: Mapping[str, np.ndarray]) -> str:
    """Identifies weights whatever file they are in: sha256 of names, shapes and float32 values."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(f"{name}{list(arrays[name].shape)}".encode())
        digest.update(np.ascontiguousarray(arrays[name], "<f4").data)
    return digest.hexdigest()


def check_shapes(
    archive: Archive, expected: Mapping[str, tuple[int, ...]], model_name: str
) -> None:
    """Compares names and shapes on disk with a model's, strictly on both sides.

    Args:
        archive: Archive.
        expected: dict of name to shape.
        model_name: what the message calls the model.

    Raises:
        InputError: anything differs or is faulty; the message lists all of it, of each kind up to
            a hundred.
    """
    found = archive.shapes
    missing = [name for name in expected if name not in found]
    unexpected = [name for name in found if name not in expected]
    reshaped = [
        f"{name} {list(found[name])} instead of {list(shape)}"
        for name, shape in expected.items()
        if name in found and tuple(found[name]) != tuple(shape)
    ]
    if not (missing or unexpected or reshaped or archive.faults):
        return
    lines = [
        f"{archive.path}: not the weights of this {model_name}: {len(missing)} variables missing, "
        f"{len(unexpected)} unexpected, {len(reshaped)} of another shape, "
        f"{len(archive.faults)} faulty; "
        "give the checkpoint of this model, or build the model that it belongs to"
    ]
    for title, names in (
        ("missing", missing),
        ("unexpected", unexpected),
        ("of another shape", reshaped),
        ("faulty", archive.faults),
    ):
        lines += [f"  {title}: {name}" for name in names[:_SHOWN]]
        if len(names) > _SHOWN:
            lines.append(f"  {title}: {len(names) - _SHOWN} more")
    raise InputError("\n".join(lines))


def model_variables(model: "keras.Model") -> "dict[str, keras.Variable]":
    """The variables of a functional model: dict of `<layer>/<variable>` to Keras variable."""
    return {
        f"{layer.name}/{variable.name.split('/')[-1].split(':')[0]}": variable
        for layer in model.layers
        for variable in layer.weights
    }


def model_arrays(model: "keras.Model") -> dict[str, np.ndarray]:
    """A functional model's values: dict of `<layer>/<variable>` to float32 array."""
    return {
        name: np.asarray(variable, np.float32) for name, variable in model_variables(model).items()
    }


def assign(model: "keras.Model", archive: Archive) -> None:
    """Puts weights into a model; on any error the model keeps those it has.

    Args:
        model: functional Keras model.
        archive: Archive.

    Raises:
        InputError: names or shapes differ, or the file is damaged.
    """
    variables = model_variables(model)
    shapes = {name: tuple(variable.shape) for name, variable in variables.items()}
    check_shapes(archive, shapes, f"{model.name} model")
    arrays = archive.read_all()
    for name, variable in variables.items():
        variable.assign(arrays.pop(name))


def open_safetensors(path: str | os.PathLike) -> Archive:
    """Opens a safetensors file.

    Returns:
        Archive.

    Raises:
        InputError: the file is missing, is not a safetensors file, or is truncated.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    check_readable(path)
    if sentence := foreign.describe_foreign(path):
        raise InputError(f"{path}: {sentence}")
    try:
        handle = safetensors.safe_open(path, "np")
        shapes = {name: tuple(handle.get_slice(name).get_shape()) for name in handle.keys()}
    except (safetensors.SafetensorError, OSError) as error:
        raise InputError(f"{path}: damaged, or no safetensors file: {error}") from None
    return Archive(path, shapes, handle.get_tensor, handle.metadata() or {}, source=path)


def _sort_notes(path):
    """Puts the notes in order, which the library writes as chance has it: equal weights are to be
    equal files."""
    with open(path, "r+b") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
        header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
        text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
        if len(text) <= length:  # as always, unless the library learns to write it shorter
            file.seek(8)
            file.write(text.ljust(length))


def write_safetensors(
    path: str | os.PathLike,
    arrays: Mapping[str, np.ndarray],
    model_name: str,
    config: dict,
    **metadata: str,
) -> str:
    """Writes weights as a safetensors file, all of it or nothing.

    Args:
        path: the file to write.
        arrays: dict of name to array.
        model_name: the builder's name, such as "JPPNet".
        config: dict of the builder's arguments.
        **metadata: further notes, each a str.

    Returns:
        The weights' checksum.

    Raises:
        InputError: the file cannot be written (disk full, say).
    """
    identity = checksum(arrays)
    notes = {"model": model_name, "config": json.dumps(config), "checksum": identity, **metadata}
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    path = pathlib.Path(path)
    try:
        # A folder, because the library makes further files beside its own, and closes them to
        # all but their owner: the finished one gets the permissions of an ordinary file.
        with scratch_folder(path.absolute().parent) as scratch:
            safetensors.numpy.save_file(arrays, scratch / "weights", notes)
            _sort_notes(scratch / "weights")
            (scratch / "ordinary").touch()
            shutil.copymode(scratch / "ordinary", scratch / "weights")
            sync(scratch / "weights")
            (scratch / "weights").replace(path)
            sync(path.absolute().parent)
    except (safetensors.SafetensorError, OSError) as error:
        raise InputError(f"{path}: cannot be written: {error}") from None
    return identity
