"""From one kind of weights file to another."""

import dataclasses
import hashlib
import json
import os
import pathlib
import time

import numpy as np

from jppnet_tf.models.families import FAMILIES, Family
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.files import check_output
from jppnet_tf.weights import store
from jppnet_tf.weights.loading import identify, open_weights, stated_input_hw

TARGETS = ("safetensors", "tf1")
"""The formats that weights are converted to."""


@dataclasses.dataclass(frozen=True)
class Conversion:
    """What `convert` did.

    Attributes:
        source: pathlib.Path that was read.
        family: the network's card.
        config: its settings.
        variables: how many variables were written.
        numbers: how many numbers they hold.
        skipped: names left aside.
        seconds: time taken.
        checksum: the weights' checksum, the same in every format.
    """

    source: pathlib.Path
    family: Family
    config: dict
    variables: int
    numbers: int
    skipped: tuple[str, ...]
    seconds: float
    checksum: str


def convert(
    source: str | os.PathLike,
    output: str | os.PathLike,
    to: str = "safetensors",
    overwrite: bool = False,
    half: bool = False,
    model: str | None = None,
) -> Conversion:
    """Writes weights in another format, checked against the model they belong to.

    Args:
        source: a safetensors file, a .caffemodel, a TF1 checkpoint's folder or prefix, or PoseNet's
            or BodyPix's model of TensorFlow.js.
        output: the safetensors file to write, or the folder of the TF1 checkpoint.
        to: one of TARGETS.
        overwrite: whether an existing output may be replaced.
        half: whether to round to float16, for half the size: other weights, nearly the same.
        model: whose weights they must be, a name in models.families.FAMILIES; None takes any.

    Returns:
        Conversion.

    Raises:
        InputError: weights missing, damaged, of no model of this package, or beyond float16; or
            the output exists or cannot be written. Nothing is left half-written.
    """
    if to not in TARGETS:
        raise InputError(f"weights are converted to {' or '.join(TARGETS)}, not to {to!r}")
    start = time.perf_counter()
    output = pathlib.Path(output)
    if output.is_dir() != (to == "tf1") and output.exists():
        raise InputError(
            f"{output}: is {'a folder' if output.is_dir() else 'a file'}; name another"
        )
    check_output(output, overwrite)
    archive = open_weights(source)
    family, config = identify(archive)
    if model not in (None, family.name):
        wanted = FAMILIES[model].builder
        raise InputError(f"{archive.path}: weights of {family.builder}, not of {wanted}")
    if to == "tf1" and not family.from_tf1:
        released = " and ".join(each.builder for each in FAMILIES.values() if each.from_tf1)
        raise InputError(
            f"{archive.path}: TF1 checkpoints are {released}'s, this is {family.builder}"
        )
    arrays = archive.read_all()
    if half:
        arrays = _round_to_half(arrays, archive.path, to)
    if to == "tf1":
        from jppnet_tf.weights import tf1

        identity = store.checksum(arrays)
        tf1.write_checkpoint(output, arrays)
    else:
        origin = archive.source or archive.path
        notes = {
            "input_hw": json.dumps(stated_input_hw(archive)),
            "source": origin.name,
            "source_sha256": _file_sha256(origin),
        } | ({"classes": archive.metadata["classes"]} if "classes" in archive.metadata else {})
        identity = store.write_safetensors(output, arrays, family.builder, config, **notes)
    return Conversion(
        source=archive.path,
        family=family,
        config=config,
        variables=len(arrays),
        numbers=sum(array.size for array in arrays.values()),
        skipped=archive.skipped,
        seconds=time.perf_counter() - start,
        checksum=identity,
    )


def _round_to_half(arrays, path, to):
    if to == "tf1":
        raise InputError("TF1 checkpoints hold float32 only: leave half precision out")
    with np.errstate(over="ignore"):
        rounded = {name: array.astype(np.float16) for name, array in arrays.items()}
    beyond = [name for name, array in rounded.items() if not np.isfinite(array).all()]
    if beyond:
        raise InputError(f"{path}: beyond float16's 65504: {', '.join(beyond)}; keep float32")
    return rounded


def _file_sha256(path):
    digest = hashlib.sha256()  # hashlib.file_digest needs Python 3.11
    with open(path, "rb") as file:
        while chunk := file.read(1 << 22):
            digest.update(chunk)
    return digest.hexdigest()
