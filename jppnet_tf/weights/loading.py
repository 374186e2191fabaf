"""From a path to a model with its weights."""

import json
import os
import pathlib
import re
import typing
from collections.abc import Sequence

from jppnet_tf.labels import VOCABULARIES, Classes
from jppnet_tf.models.families import BUILDERS, FAMILIES, Family, family_of
from jppnet_tf.models.precision import check_precision, computing_in
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.files import list_visible
from jppnet_tf.weights import CHECKPOINT_PART, foreign, presets, store

if typing.TYPE_CHECKING:
    import keras

_LARGEST = 8192
"""The longest side of an input that is believed."""


def open_weights(path: str | os.PathLike) -> store.Archive:
    """Opens weights of any kind.

    Args:
        path: a safetensors file, a .caffemodel, a TF1 checkpoint's folder or prefix, PoseNet's or
            BodyPix's model of TensorFlow.js (its JSON file or folder), or the name of weights that
            ship, one of presets.SHIPPED.

    Raises:
        InputError: there are no weights, or they are incomplete or damaged.
    """
    path = _resolve(presets.locate(path))
    _check_presence(path)
    if path.suffix.lower() == ".caffemodel":
        from jppnet_tf.weights import caffe  # protobuf: only where such a file is read

        return caffe.open_caffemodel(path)
    if path.suffix.lower() == ".json":
        from jppnet_tf.weights import posenet

        return posenet.open_graph_model(path)
    # Whatever a safetensors file is called: a checkpoint is a prefix, or one of several files.
    part = re.search(CHECKPOINT_PART, path.name)
    if path.suffix == ".safetensors" or (path.is_file() and not part):
        return store.open_safetensors(path)
    from jppnet_tf.weights import tf1  # TensorFlow: only where a checkpoint is read

    return tf1.open_checkpoint(path)


def _resolve(path: str | os.PathLike) -> pathlib.Path:
    """What a path means: of a checkpoint, its folder, though `checkpoint` itself is named; of a
    folder with one model of TensorFlow.js, that."""
    path = foreign.find_similar(pathlib.Path(path))
    if path.name == "checkpoint" and path.is_file():
        path = path.parent
    # Archives often unpack into a folder of the same name within another.
    while path.is_dir() and [p.name for p in list_visible(path)] == [path.name]:
        path /= path.name
    models = sorted(path.glob("model*.json")) if path.is_dir() else []
    if (path / "checkpoint").is_file():
        return path
    if len(models) > 1:
        names = ", ".join(model.name for model in models)
        raise InputError(f"{path}: holds several models: name one of {names}")
    return models[0] if models else path


def _check_presence(path: pathlib.Path) -> None:
    """Raises InputError if nothing is at a path, not even a part of a TF1 checkpoint."""
    prefix = re.sub(CHECKPOINT_PART, "", path.name) + "."
    folder = path.parent
    if path.exists() or (
        folder.is_dir() and any(file.name.startswith(prefix) for file in folder.iterdir())
    ):
        return
    raise InputError(
        f"{path}: no such file or folder, and no weights of that name ship; "
        f"the names are {', '.join(presets.SHIPPED)}"
    )


def identify(archive: store.Archive) -> tuple[Family, dict]:
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


def read_input_hw(path: str | os.PathLike) -> tuple[int, int]:
    """The input size that weights were trained at.

    Args:
        path: as for `open_weights`; a name will do.

    Returns:
        (height, width); the released weights' where they state none, as theirs do not.

    Raises:
        InputError: there are no weights, or what they state is not a size.
    """
    return stated_input_hw(open_weights(path))


def stated_input_hw(archive: store.Archive) -> tuple[int, int]:
    """The input size of opened weights; else as `read_input_hw`."""
    stated = archive.metadata.get("input_hw")
    if stated is None:
        return identify(archive)[0].input_hw
    try:
        height, width = json.loads(stated)
        if not all(type(side) is int and 0 < side <= _LARGEST for side in (height, width)):
            raise ValueError
    except (ValueError, TypeError, RecursionError):
        raise InputError(
            f"{archive.path}: its input_hw is not a size (two whole numbers up to {_LARGEST}): "
            f"{stated[:80]}"
        ) from None
    return height, width


def read_classes(path: str | os.PathLike) -> Classes | None:
    """The classes that weights were trained for.

    Args:
        path: as for `open_weights`; a name will do.

    Returns:
        labels.Classes; None where they state none, and it is the network's own.

    Raises:
        InputError: there are no weights, or what they state is not a name in labels.VOCABULARIES.
    """
    archive = open_weights(path)
    stated = archive.metadata.get("classes")
    if stated is None:
        return None
    if stated not in VOCABULARIES:
        known = ", ".join(VOCABULARIES)
        raise InputError(f"{archive.path}: its classes are none of {known}: {stated[:80]}")
    return VOCABULARIES[stated]


def load_model(path: str | os.PathLike, precision: str = "float32") -> "keras.Model":
    """Builds the model that weights belong to, and loads them.

    Args:
        path: as for `open_weights`; a name will do.
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


def load_weights(model: "keras.Model", path: str | os.PathLike) -> None:
    """Loads weights into a model, strictly: every name matched, every shape equal.

    Args:
        model: functional Keras model of this package.
        path: as for `open_weights`; a name will do.

    Raises:
        InputError: anything differs (all of it is listed), or the file is damaged; the model
            then keeps the weights it had.
    """
    store.assign(model, open_weights(path))


def save_weights(
    model: "keras.Model",
    path: str | os.PathLike,
    input_hw: Sequence[int] | None = None,
    classes: str | None = None,
) -> None:
    """Writes a model's weights as a safetensors file that `load_model` takes.

    Args:
        model: functional model of this package.
        path: the file to write; replaced if it exists.
        input_hw: (height, width) that a Predictor is to work at; None is what the released
            weights of such a model work at.
        classes: what it was trained for, a name in labels.VOCABULARIES; None is the network's own.

    Raises:
        InputError: the model is none of this package, or the file cannot be written.
    """
    arrays = store.model_arrays(model)
    archive = store.Archive.of(path, arrays, metadata={"model": family_of(model).builder})
    family, config = identify(archive)
    stated = json.dumps(list(input_hw or family.input_hw))
    notes = {} if classes is None else {"classes": classes}
    store.write_safetensors(path, arrays, family.builder, config, input_hw=stated, **notes)
