"""The HDF5 files of keras.applications, whichever network they hold."""

import os
import pathlib
import re
import typing
from collections.abc import Mapping

import h5py
import numpy as np

from jppnet_tf.system.errors import InputError
from jppnet_tf.system.files import check_readable
from jppnet_tf.weights import store

if typing.TYPE_CHECKING:
    from jppnet_tf.weights.store import Archive

_CLASSIFIERS = ("predictions", "probs")  # its name, today and in the first release
_STARTS = {
    "ResNet": ("conv1_bn", "JPPNet"),
    "ResNetV2": ("post_bn", "PersonLab"),
    "VGG": ("block1_conv1", "SSJPPNet"),
}
"""Network -> a layer that tells it from the others, and ours that starts from it."""
_OLD_VARIABLES = {"W": "kernel", "b": "bias"}


def read_arrays(path: pathlib.Path, network: str) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Reads all weights of a file that Keras keeps in `~/.keras/models`, or that it wrote.

    Args:
        path: pathlib.Path of the file.
        network: "ResNet", "ResNetV2" or "VGG"; it must not be another of these.

    Returns:
        dict of `<their layer>/<variable>` to array, and tuple of the names left aside: the
        classifier's.

    Raises:
        InputError: the file is missing, damaged or of another format, or of another network.
    """
    found = _read_datasets(path)
    layers = {name.split("/")[0] for name in found}
    for other, (first, ours) in _STARTS.items():
        if first in layers and other != network:
            raise InputError(
                f"{path}: weights of a {other}, which {ours} starts from; "
                f"{_STARTS[network][1]} starts from a {network}: give its file"
            )
    skipped = tuple(name for name in found if name.split("/")[0] in _CLASSIFIERS)
    return {name: array for name, array in found.items() if name not in skipped}, skipped


def check_arrays(
    path: str | os.PathLike,
    arrays: Mapping[str, np.ndarray],
    shapes: Mapping[str, tuple[int, ...]],
    title: str,
) -> dict[str, np.ndarray]:
    """Compares what was read with what their network has, strictly on both sides.

    Args:
        path: of the file, for messages.
        arrays: dict of name to array.
        shapes: dict of name to shape.
        title: what messages call the network.

    Returns:
        dict of name to float32 array.

    Raises:
        InputError: anything differs (all of it is listed), or an array is not floating point.
    """
    archive = store.Archive.of(path, arrays)
    store.check_shapes(archive, shapes, f"keras.applications {title}")
    return archive.read_all()


def make_archive(
    path: pathlib.Path, arrays: dict[str, np.ndarray], skipped: tuple[str, ...]
) -> "Archive":
    """What a file gives for our trunk.

    Args:
        path: pathlib.Path of the file.
        arrays: dict of our name to float32 array.
        skipped: names in the file that were left aside.

    Returns:
        store.Archive.

    Raises:
        InputError: numbers are not finite, or variances below 0.
    """
    damaged = [
        name
        for name, array in arrays.items()
        if not np.isfinite(array).all() or (name.endswith("/moving_variance") and array.min() < 0)
    ]
    if damaged:
        raise InputError(
            f"{path}: damaged: numbers that are not finite, or variances below 0, in what becomes "
            f"{', '.join(damaged)}; get it again"
        )
    return store.Archive.of(path, arrays, skipped=skipped, source=path)


def _read_datasets(path):
    """All weights of an HDF5 file: dict of `<their layer>/<variable>` to array."""
    if not path.is_file():
        raise InputError(f"{path}: no such file")
    check_readable(path)
    found = {}

    def read(place, item):
        if isinstance(item, h5py.Dataset):
            name = _name_of(place)
            found[place if name in found else name] = np.asarray(item[()])

    try:
        with h5py.File(path) as file:
            named = "layer_names" in file.attrs or "model_weights" in file
            # Whole models keep the optimizer's arrays beside their own.
            file.get("model_weights", file).visititems(read)
    except (OSError, KeyError, RuntimeError, TypeError, ValueError) as error:
        # h5py has a different way to fail for each kind of damage.
        raise InputError(f"{path}: damaged, or no HDF5 file: {error}; get it again") from None
    if not named:
        raise InputError(
            f"{path}: has no names of layers (Keras's .weights.h5 files go by order, and are not "
            'read); load it into its network and write that with model.save("x.h5")'
        )
    return found


def _name_of(place):
    """`<layer>/<variable>` of an array's place in the file."""
    # The layer's group, then the layer again or a scope of TF1, then the variable.
    layer, *_, variable = place.split("/")
    variable = variable.removesuffix(":0")
    # VGG16's file is from a Keras that called a kernel `block1_conv1_W_1`.
    old = re.fullmatch(re.escape(layer) + r"_([Wb])(_\d+)?", variable)
    return f"{layer}/{_OLD_VARIABLES[old[1]] if old else variable}"
