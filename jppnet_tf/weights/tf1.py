"""TF1 checkpoints: a folder with a file `checkpoint`, or a prefix of `.index` and `.data-*`.

TF1's name of a variable follows from ours by rule: `__` was `/`, and a kernel was called
`weights` in the trunk and `w` in the heads (their layers are the ones with a scope).
"""

import os
import pathlib
import re
import shutil
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from jppnet_tf.system.errors import InputError
from jppnet_tf.system.files import check_readable, list_visible, move_in, scratch_folder
from jppnet_tf.weights import CHECKPOINT_PART
from jppnet_tf.weights.store import Archive

_TRUNK = {"kernel": "weights", "bias": "biases"}
_HEADS = {"kernel": "w", "bias": "b"}
_SLOTS = ("Momentum", "Adam", "Adam_1", "RMSProp", "RMSProp_1", "Adagrad")
_COUNTERS = ("global_step", "beta1_power", "beta2_power")


def tf1_name(name: str) -> str:
    """`fc2_pose__conv1/kernel` -> `fc2_pose/conv1/w`."""
    layer, variable = name.rsplit("/", 1)
    leaves = _HEADS if "__" in layer else _TRUNK
    return f"{layer.replace('__', '/')}/{leaves.get(variable, variable)}"


def our_name(tf1: str) -> str:
    """`fc2_pose/conv1/w` -> `fc2_pose__conv1/kernel`; the inverse of `tf1_name`."""
    layer, _, variable = tf1.rpartition("/")
    leaves = _HEADS if "/" in layer else _TRUNK
    variable = {theirs: ours for ours, theirs in leaves.items()}.get(variable, variable)
    return f"{layer.replace('/', '__')}/{variable}"


def find_prefix(path: str | os.PathLike) -> pathlib.Path:
    """The checkpoint's prefix: what its file names have in common.

    In a folder the file `checkpoint` names it; the folder written there, which is the one it
    was trained in, does not count. Without that file a folder must hold one checkpoint only.

    Args:
        path: folder, prefix, or one of the checkpoint's own files.

    Returns:
        pathlib.Path, of which `.index` and all `.data-*` files exist.

    Raises:
        InputError: there is no such checkpoint, or a part of it is missing.
    """
    path = pathlib.Path(path)
    prefix = _prefix_in(path) if path.is_dir() else _strip_suffix(path)
    index = prefix.with_name(prefix.name + ".index")
    if not index.is_file():
        if _data_files(prefix):
            raise InputError(f"{path}: half a checkpoint: {index} is missing beside its .data file")
        raise InputError(
            f"{path}: no checkpoint there: neither {index.name} nor {prefix.name}.data-* is in "
            f"{prefix.parent}"
        )
    for file in (index, *_complete_data(prefix)):
        check_readable(file)
    return prefix


def _complete_data(prefix):
    """The data files, which say in their names how many there are."""
    files = _data_files(prefix)
    for count in {int(file.name.rsplit("-", 1)[1]) for file in files}:
        parts = [file for file in files if file.name.endswith(f"-of-{count:05}")]
        if len(parts) == count:
            return parts
    found = ", ".join(file.name for file in files) or "none"
    raise InputError(f"{prefix}: half a checkpoint: no whole set of .data files; found {found}")


def _data_files(prefix):
    pattern = re.compile(re.escape(prefix.name) + r"\.data-\d{5}-of-\d{5}")
    if not prefix.parent.is_dir():
        return []
    return sorted(file for file in prefix.parent.iterdir() if pattern.fullmatch(file.name))


def _strip_suffix(path):
    return path.with_name(re.sub(CHECKPOINT_PART, "", path.name))


def _prefix_in(folder):
    if (folder / "checkpoint").is_file():
        try:
            state = tf.train.get_checkpoint_state(str(folder))
        except (tf.errors.OpError, ValueError):
            state = None
        if state is None or not state.model_checkpoint_path:
            raise InputError(
                f"{folder / 'checkpoint'}: names no checkpoint; pass the prefix instead"
            )
        # Windows paths too: whoever trained it may have.
        return folder / re.split(r"[/\\]", state.model_checkpoint_path)[-1]
    found = sorted({_strip_suffix(file) for file in list_visible(folder, ".index")})
    if len(found) == 1:
        return found[0]
    names = ", ".join(prefix.name for prefix in found) or "none"
    raise InputError(
        f"{folder}: no file `checkpoint` that names one checkpoint; found {names}; pass a prefix"
    )


def open_checkpoint(path: str | os.PathLike) -> Archive:
    """Opens a TF1 checkpoint; optimizer slots and step counters are left aside.

    Args:
        path: as for `find_prefix`.

    Returns:
        Archive, under our names.

    Raises:
        InputError: the checkpoint is missing, incomplete or damaged.
    """
    prefix = find_prefix(path)
    reader = _guarded(prefix, "its index", tf.train.load_checkpoint, str(prefix))
    shapes = reader.get_variable_to_shape_map()
    skipped = {name for name in shapes if name in _COUNTERS or _is_slot(name, shapes)}
    names = {_strict_name(name): name for name in sorted(shapes) if name not in skipped}

    def read(name):
        return _guarded(prefix, names[name], reader.get_tensor, names[name])

    return Archive(
        path=prefix,
        shapes={ours: tuple(shapes[theirs]) for ours, theirs in names.items()},
        read=read,
        metadata={"model": "JPPNet"},  # the one network released so
        skipped=tuple(sorted(skipped)),
        source=_complete_data(prefix)[0],
    )


def _strict_name(name):
    """Our name; one that TF1 would not have called so stays, and marked, to count as unexpected."""
    ours = our_name(name)
    return ours if tf1_name(ours) == name else f"{name} (so named in the checkpoint)"


def _is_slot(name, names):
    variable, _, slot = name.rpartition("/")
    return slot in _SLOTS and variable in names


def _guarded(prefix, what, function, argument):
    """Calls TensorFlow's reader, which has a different way to fail for each kind of damage."""
    try:
        return function(argument)
    except (tf.errors.OpError, IndexError, ValueError, RuntimeError) as error:
        reason = str(getattr(error, "message", error)).splitlines()[0]
        raise InputError(
            f"{prefix}: damaged: {what} cannot be read ({reason}); copy it again"
        ) from None


def write_checkpoint(folder: str | os.PathLike, arrays: Mapping[str, np.ndarray]) -> None:
    """Writes weights as a TF1 checkpoint `model.ckpt` with its file `checkpoint`.

    Args:
        folder: the folder to make, or to put the files into; its parent must exist.
        arrays: dict of our name to array.

    Raises:
        InputError: it cannot be written (disk full, say).
    """
    folder = pathlib.Path(folder)
    made = not folder.exists()
    names = list(arrays)
    try:
        folder.mkdir(exist_ok=True)
        with scratch_folder(folder) as scratch:
            tf.raw_ops.SaveV2(
                prefix=str(scratch / "model.ckpt"),
                tensor_names=[tf1_name(name) for name in names],
                shape_and_slices=[""] * len(names),
                tensors=[arrays[name] for name in names],
            )
            (scratch / "checkpoint").write_text('model_checkpoint_path: "model.ckpt"\n')
            names = sorted((path.name for path in scratch.iterdir()), reverse=True)
            move_in(scratch, [folder / name for name in names])  # `checkpoint` last: it names them
    except BaseException as error:
        if made:
            shutil.rmtree(folder, ignore_errors=True)
        if not isinstance(error, (tf.errors.OpError, OSError)):
            raise
        reason = str(getattr(error, "message", error)).splitlines()[0]
        raise InputError(f"{folder}: cannot be written: {reason}") from None
