"""From a path to a model with its weights."""

import json
import pathlib
import re

from jppnet_tf.models.families import BUILDERS, FAMILIES, Family, family_of
from jppnet_tf.models.precision import check_precision, computing_in
from jppnet_tf.system.errors import InputError
from jppnet_tf.weights import CHECKPOINT_PART, store


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
    """Which network weights belong to, checked variable by variable.

    Args:
        archive: weights.store.Archive.

    Returns:
        (its card, a models.families.Family; the builder's arguments).

    Raises:
        InputError: they belong to none of this package's networks, or not exactly.
    """
    builder = archive.metadata.get("model") or _likeliest(archive.shapes).builder
    if builder not in BUILDERS:
        raise InputError(f"{archive.path}: weights of a model unknown here: {builder}")
    family = BUILDERS[builder]
    try:
        stated = archive.metadata.get("config")
        config = json.loads(stated) if stated else family.config_of(archive.shapes)
        expected = family.variable_shapes(**config)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise InputError(f"{archive.path}: no {builder} can be built for it: {error}") from None
    store.check_shapes(archive, expected, builder)
    return family, config


def _likeliest(names) -> Family:
    """The card of the network with most of these variables, for files that state none."""
    return max(
        FAMILIES.values(), key=lambda family: len(family.variable_shapes().keys() & set(names))
    )


def read_input_hw(path):
    """The input size that weights were trained at.

    Args:
        path: a safetensors file, a .caffemodel, or a TF1 checkpoint's folder or prefix.

    Returns:
        (height, width); the released weights' where they state none, as theirs do not.

    Raises:
        InputError: there are no weights, or what they state is no size.
    """
    return stated_input_hw(open_weights(path))


def stated_input_hw(archive):
    """The input size of opened weights; else as `read_input_hw`."""
    stated = archive.metadata.get("input_hw")
    if stated is None:
        return identify(archive)[0].input_hw
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
        precision: what layers compute in, one of models.precision.PRECISIONS; weights and results
            are float32 in any case.

    Returns:
        keras.Model that takes images of any size.

    Raises:
        InputError: the weights are missing, damaged, or of no model of this package; or there is
            no such precision.
    """
    check_precision(precision)
    archive = open_weights(path)
    family, config = identify(archive)
    with computing_in(precision):
        model = family.build(**config, input_shape=(None, None, 3))
    store.assign(model, archive)
    return model


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
    notes = {"model": family_of(model).builder}
    archive = store.Archive(path, {name: a.shape for name, a in arrays.items()}, arrays.get, notes)
    family, config = identify(archive)
    input_hw = json.dumps(list(input_hw or family.input_hw))
    store.write_safetensors(path, arrays, family.builder, config, input_hw=input_hw)
