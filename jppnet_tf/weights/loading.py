"""From a path to a model with its weights, and from one kind of weights file to another."""

import contextlib
import dataclasses
import hashlib
import json
import pathlib
import re
import time

import numpy as np

from jppnet_tf.models import jppnet, lip_net, ss_jppnet
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.files import check_output
from jppnet_tf.weights import CHECKPOINT_PART, store

MODELS = {"JPPNet": jppnet, "SSJPPNet": ss_jppnet, "LIPNet": lip_net}
"""Builder's name -> the module with the builder, `variable_shapes`, `config_of`, and `INPUT_HW`,
the input size of weights that state none: the released weights'."""

PRECISIONS = {
    "float32": "float32", "bfloat16": "mixed_bfloat16", "float16": "mixed_float16",
}  # fmt: skip
"""What layers may compute in -> Keras's name of that policy."""


def open_weights(path):
    """Opens weights of any kind.

    Args:
        path: a safetensors file, a .caffemodel, or a TF1 checkpoint's folder or prefix.

    Returns:
        weights.store.Archive.

    Raises:
        InputError: there are no weights, or they are incomplete or damaged.
    """
    path = pathlib.Path(path)
    if path.suffix == ".caffemodel":
        from jppnet_tf.weights import caffe  # protobuf: only where such a file is read

        return caffe.open_caffemodel(path)
    # Whatever a safetensors file is called: a checkpoint is no file, or one of several of a name.
    part = re.search(CHECKPOINT_PART, path.name)
    if path.suffix == ".safetensors" or (path.is_file() and not part):
        return store.open_safetensors(path)
    from jppnet_tf.weights import tf1  # TensorFlow: only where a checkpoint is read

    return tf1.open_checkpoint(path)


def identify(archive):
    """Which model weights belong to: (builder's name, its settings), checked variable by variable.

    Raises:
        InputError: they belong to no model of this package, or not exactly.
    """
    name = archive.metadata.get("model") or _likeliest(archive.shapes)
    if name not in MODELS:
        raise InputError(f"{archive.path}: weights of a model unknown here: {name}")
    try:
        stated = archive.metadata.get("config")
        config = json.loads(stated) if stated else MODELS[name].config_of(archive.shapes)
        expected = MODELS[name].variable_shapes(**config)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise InputError(f"{archive.path}: no {name} can be built for it: {error}") from None
    store.check_shapes(archive, expected, name)
    return name, config


def _likeliest(names):
    """The builder with most of these variables."""
    return max(MODELS, key=lambda name: len(MODELS[name].variable_shapes().keys() & set(names)))


def read_input_hw(path):
    """The input size that weights were trained at.

    Args:
        path: a safetensors file, a .caffemodel, or a TF1 checkpoint's folder or prefix.

    Returns:
        (height, width); the released weights' where they state none, as theirs do not.

    Raises:
        InputError: there are no weights, or what they state is no size.
    """
    return _input_hw_of(open_weights(path))


def default_input_hw(model):
    """The input size of a model whose weights state none.

    Args:
        model: functional model of this package.

    Returns:
        (height, width).

    Raises:
        InputError: the model is none of this package.
    """
    variables = store.model_variables(model)
    shapes = {name: tuple(variable.shape) for name, variable in variables.items()}
    name, _ = identify(store.Archive(f"{model.name} model", shapes, None))
    return MODELS[name].INPUT_HW


def _input_hw_of(archive):
    stated = archive.metadata.get("input_hw")
    if stated is None:
        return MODELS[identify(archive)[0]].INPUT_HW
    try:
        height, width = json.loads(stated)
        if not (isinstance(height, int) and isinstance(width, int) and min(height, width) > 0):
            raise ValueError
    except (ValueError, TypeError, RecursionError):
        raise InputError(f"{archive.path}: its input_hw is no size: {stated}") from None
    return height, width


def load_model(path, precision="float32"):
    """Builds the model that weights belong to, and loads them.

    Args:
        path: a safetensors file, a .caffemodel, or a TF1 checkpoint's folder or prefix.
        precision: what layers compute in, one of PRECISIONS; weights and results are float32 in
            any case.

    Returns:
        keras.Model that takes images of any size.

    Raises:
        InputError: the weights are missing, damaged, or of no model of this package; or there is
            no such precision.
    """
    if precision not in PRECISIONS:
        raise InputError(f"precision is one of {', '.join(PRECISIONS)}, not {precision!r}")
    archive = open_weights(path)
    name, config = identify(archive)
    with _policy(PRECISIONS[precision]):
        model = getattr(MODELS[name], name)(**config, input_shape=(None, None, 3))
    store.assign(model, archive)
    return model


@contextlib.contextmanager
def _policy(name):
    """Keras's dtype policy for layers that are built meanwhile."""
    import keras

    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy(name)
    try:
        yield
    finally:
        keras.mixed_precision.set_global_policy(before)


def load_weights(model, path):
    """Loads weights into a model, strictly: every name matched, every shape equal.

    Args:
        model: functional Keras model of this package.
        path: a safetensors file, a .caffemodel, or a TF1 checkpoint's folder or prefix.

    Raises:
        InputError: anything differs (all of it is listed), or the file is damaged; the model
            then keeps the weights it had.
    """
    store.assign(model, open_weights(path))


def save_weights(model, path, input_hw=None):
    """Writes a model's weights as a safetensors file that `load_model` takes.

    Args:
        model: functional model of this package.
        path: the file to write; replaced if it exists.
        input_hw: (height, width) that a Predictor is to work at; None is what the released
            weights of such a model work at.

    Raises:
        InputError: the model is none of this package, or the file cannot be written.
    """
    arrays = store.model_arrays(model)
    archive = store.Archive(path, {name: a.shape for name, a in arrays.items()}, arrays.get)
    name, config = identify(archive)
    input_hw = json.dumps(list(input_hw or MODELS[name].INPUT_HW))
    store.write_safetensors(path, arrays, name, config, input_hw=input_hw)


@dataclasses.dataclass(frozen=True)
class Conversion:
    """What `convert` did.

    Attributes:
        source: pathlib.Path that was read.
        model: the builder's name.
        config: its settings.
        variables: how many variables were written.
        numbers: how many numbers they hold.
        skipped: names left aside.
        seconds: time taken.
        checksum: the weights' checksum, the same in every format.
    """

    source: pathlib.Path
    model: str
    config: dict
    variables: int
    numbers: int
    skipped: tuple
    seconds: float
    checksum: str


def convert(source, output, to="safetensors", overwrite=False, half=False, builder=None):
    """Writes weights in another format, checked against the model they belong to.

    Args:
        source: a safetensors file, a .caffemodel, or a TF1 checkpoint's folder or prefix.
        output: the safetensors file to write, or the folder of the TF1 checkpoint.
        to: "safetensors" or "tf1".
        overwrite: whether an existing output may be replaced.
        half: whether to round to float16, for half the size: other weights, nearly the same.
        builder: whose weights they must be, a name in MODELS; None takes any.

    Returns:
        Conversion.

    Raises:
        InputError: weights missing, damaged, of no model of this package, or beyond float16; or
            the output exists or cannot be written. Nothing is left half-written.
    """
    start = time.perf_counter()
    output = pathlib.Path(output)
    if output.is_dir() != (to == "tf1") and output.exists():
        raise InputError(
            f"{output}: is {'a folder' if output.is_dir() else 'a file'}; name another"
        )
    check_output(output, overwrite)
    archive = open_weights(source)
    model, config = identify(archive)
    if builder not in (None, model):
        raise InputError(f"{archive.path}: weights of {model}, not of {builder}")
    if to == "tf1" and model != "JPPNet":
        raise InputError(f"{archive.path}: TF1 checkpoints are JPPNet's, this is {model}")
    arrays = archive.read_all()
    if half:
        arrays = _round_to_half(arrays, archive.path, to)
    if to == "tf1":
        from jppnet_tf.weights import tf1

        identity = store.checksum(arrays)
        tf1.write_checkpoint(output, arrays)
    else:
        notes = {
            "input_hw": json.dumps(_input_hw_of(archive)),
            "source": archive.source.name,
            "source_sha256": _file_sha256(archive.source),
        }
        identity = store.write_safetensors(output, arrays, model, config, **notes)
    return Conversion(
        source=archive.path,
        model=model,
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
