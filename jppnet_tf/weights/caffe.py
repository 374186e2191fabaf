"""Weights in Caffe's format: a .caffemodel is a protobuf message NetParameter.

Only the fields that weights need are declared here; all others are passed over. Layers keep their
names; a kernel is turned from Caffe's (out, in, h, w) to Keras's (h, w, in, out).

A network that looks at several scales with the same weights was released with a copy of them per
scale, `<layer>_res075` and `<layer>_res05`: these must be equal, and are left aside.
"""

import functools
import math
import os
import pathlib
import re
import typing

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from jppnet_tf.system.errors import InputError
from jppnet_tf.system.files import check_readable
from jppnet_tf.weights import store

if typing.TYPE_CHECKING:
    from jppnet_tf.weights.store import Archive

_COPY = re.compile(r"(.+)_res0\d*")
_VARIABLES = ("kernel", "bias")
_OLD_SIZES = ("num", "channels", "height", "width")
_LAYERS = {2: "OldLayer", 100: "Layer"}
"""The fields of NetParameter that hold layers -> the messages they are."""


def open_caffemodel(path: str | os.PathLike) -> "Archive":
    """Opens a .caffemodel of SS-JPPNet.

    Args:
        path: the file.

    Returns:
        store.Archive, under our names; the copies are in `skipped`, and in `faults` whatever
        is wrong with them or with the layers' numbers.

    Raises:
        InputError: the file is missing, truncated or no caffemodel.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    check_readable(path)
    arrays: dict[str, np.ndarray] = {}
    digests: dict[str, str] = {}
    faults: list[str] = []
    for layer, blobs in _read_layers(path):
        for name, array in _convert(layer, blobs, faults):
            if name in digests:
                faults.append(f"{name} comes twice")
                continue
            digests[name] = store.checksum({"": array})
            if not _original(layer):  # memory shall hold one network, not three
                arrays[name] = array
    skipped = _compare_copies(digests, faults)
    if not digests and not faults:
        raise InputError(f"{path}: no caffemodel, or one without weights; get it again")
    return store.Archive.of(
        path,
        arrays,
        metadata={"model": "SSJPPNet"},
        skipped=skipped,
        source=path,
        faults=tuple(faults),
    )


def _original(layer):
    """What a layer is called that this one is a copy of by its name; None for others."""
    match = _COPY.fullmatch(layer)
    return match and match[1]


def _compare_copies(digests, faults):
    """The copies' names; those that do not equal what their name says go to `faults`, too."""
    copies = []
    for name, digest in digests.items():
        layer, variable = name.rsplit("/", 1)
        if not _original(layer):
            continue
        copies.append(name)
        original = f"{_original(layer)}/{variable}"
        if digest != digests.get(original):
            faults.append(f"{name} differs from {original}, whose copy it should be")
    return tuple(copies)


def _convert(layer, blobs, faults):
    """A layer's variables: list of (name, float32 array); what is not an array goes to `faults`."""
    converted = []
    for number, blob in enumerate(blobs):
        variable = _VARIABLES[number] if number < len(_VARIABLES) else f"blob_{number}"
        name = f"{layer}/{variable}"
        shape = tuple(blob.shape.dim) if blob.HasField("shape") else _old_shape(blob)
        if variable == "bias" and set(shape[:-1]) <= {1}:
            shape = shape[-1:]  # the old format has four sizes, whatever is in it
        data, kind = (blob.data, "<f4") if blob.data else (blob.double_data, "<f8")
        data = b"".join(data)
        count = len(data) // np.dtype(kind).itemsize
        if min(shape, default=0) < 1 or count != math.prod(shape) or len(data) % 4:
            faults.append(f"{name} should have the sizes {list(shape)}, but has {count} numbers")
            continue
        array = np.frombuffer(data, kind).reshape(shape).astype(np.float32, copy=False)
        if variable == "kernel" and len(shape) == 4:
            array = np.ascontiguousarray(array.transpose(2, 3, 1, 0))
        converted.append((name, array))
    return converted


def _old_shape(blob):
    return tuple(getattr(blob, name) for name in _OLD_SIZES)


def _read_layers(path):
    """The layers that have weights, one after the other.

    Protobuf's own parser would hold the whole file twice; so it is given layer after layer.

    Yields:
        (name, list of Blob messages).
    """
    with open(path, "rb") as file:
        try:
            for field, length in _walk_fields(file):
                if field in _LAYERS:
                    layer = _messages()[_LAYERS[field]].FromString(file.read(length))
                    if layer.blobs:
                        yield layer.name.decode(errors="replace"), layer.blobs
        except (DecodeError, OSError) as error:
            raise InputError(f"{path}: damaged, or no caffemodel: {error}; get it again") from None


def _walk_fields(file):
    """The outermost fields of a message, the file standing at each: (field number, bytes)."""
    size = os.fstat(file.fileno()).st_size
    while file.tell() < size:
        tag = _read_varint(file)
        field, kind = tag >> 3, tag & 7
        if kind == 2:
            length = _read_varint(file)
        elif kind == 0:
            _read_varint(file)
            length = 0
        elif kind in (1, 5):
            length = 8 if kind == 1 else 4
        else:
            raise DecodeError(f"no field begins before byte {file.tell()}")
        end = file.tell() + length
        if end > size:
            raise DecodeError(f"{end - size} bytes are missing at its end")
        yield field, length
        file.seek(end)


def _read_varint(file):
    """Protobuf's integer of seven bits a byte."""
    value = 0
    for shift in range(0, 70, 7):
        byte = file.read(1)
        if not byte:
            raise DecodeError("it ends within a number")
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value
    raise DecodeError(f"byte {file.tell()} belongs to no number")


@functools.cache
def _messages():
    """The messages' classes: dict of name to class."""
    kind = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="jppnet_tf/caffe.proto", package="jppnet_tf")
    declared = {
        "Shape": [("dim", 1, kind.TYPE_INT64, True)],
        "Blob": [
            *((n, i, kind.TYPE_INT32, False) for i, n in enumerate(_OLD_SIZES, start=1)),
            # Lists of numbers, as the bytes that they are: decoding each takes a minute.
            ("data", 5, kind.TYPE_BYTES, True),
            ("shape", 7, "Shape", False),
            ("double_data", 8, kind.TYPE_BYTES, True),
        ],
        "Layer": [("name", 1, kind.TYPE_BYTES, False), ("blobs", 7, "Blob", True)],
        "OldLayer": [("name", 4, kind.TYPE_BYTES, False), ("blobs", 6, "Blob", True)],
    }
    for message, fields in declared.items():
        described = file.message_type.add(name=message)
        for name, number, type_, repeated in fields:
            field = described.field.add(name=name, number=number)
            field.label = kind.LABEL_REPEATED if repeated else kind.LABEL_OPTIONAL
            field.type = type_ if isinstance(type_, int) else kind.TYPE_MESSAGE
            if isinstance(type_, str):
                field.type_name = f".jppnet_tf.{type_}"
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"jppnet_tf.{name}"))
        for name in declared
    }
