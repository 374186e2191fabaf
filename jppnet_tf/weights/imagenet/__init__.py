"""Weights of trunks trained on photographs: keras.applications', TF-slim's and open_nsfw's.

JPPNet starts from a ResNet (`resnet`), or of half width from open_nsfw's (`open_nsfw`), SSJPPNet
from VGG16 (`vgg`), PersonLab from a ResNet V2 (`resnet_v2`) or, with JPPNet's trunk, as JPPNet:
each module says how that network becomes our trunk, and what stays different. `keras_file` reads
the files of keras.applications.
"""

import os
import pathlib
import typing

from jppnet_tf.models.families import FAMILIES
from jppnet_tf.system.errors import InputError
from jppnet_tf.weights import store
from jppnet_tf.weights.imagenet import open_nsfw, resnet, resnet_v2, vgg

SUFFIXES = (".h5", ".hdf5", *open_nsfw.SUFFIXES)
"""What the files are called that `load_trunk` reads; and .ckpt, of one that is a file itself."""

_KINDS = {"resnet": resnet, "resnet_v2": resnet_v2, "vgg": vgg}
"""The modules by what the cards of models.families call a trunk."""

if typing.TYPE_CHECKING:
    import keras


def is_trunk_file(path: str | os.PathLike) -> bool:
    """Whether a path means a file that `load_trunk` reads.

    TF-slim's checkpoints are one file; newer ones are a prefix, and no file is called so.
    """
    path = pathlib.Path(path)
    return path.suffix in SUFFIXES or (path.suffix == ".ckpt" and path.is_file())


def load_trunk(model: "keras.Model", path: str | os.PathLike) -> list[str]:
    """Puts ImageNet weights into a model's trunk; what they do not hold keeps its values.

    Args:
        model: functional Keras model of this package whose trunk is of the file's width.
        path: as for `open_nsfw.open_file` if its suffix is one of that; else as for `open_file` of
            the module that the card of the model's family names.

    Returns:
        Names of the variables that were set.

    Raises:
        InputError: as for `open_file`, or the file's network is not the model's trunk (every
            difference is listed); the model then keeps the weights it had.
    """
    variables = store.model_variables(model)
    shapes = {name: tuple(variable.shape) for name, variable in variables.items()}
    family = FAMILIES.get(model.name)
    trunk = "resnet" if family is None else family.trunk_of(shapes)
    if family is not None and trunk not in _KINDS:
        which = f"{family.builder} with this trunk" if family.trunk else family.builder
        raise InputError(
            f"{path}: no {which} starts from a trunk trained on photographs; give weights of its "
            "own"
        )
    kind = _KINDS[trunk]
    if pathlib.Path(path).suffix in open_nsfw.SUFFIXES:
        kind = open_nsfw
    kind.check_width(path, shapes)
    archive = kind.open_file(path)
    # What the file must hold, and what it may.
    wanted = [name for name in shapes if kind.TRUNK.fullmatch(name) or name in archive.shapes]
    store.check_shapes(
        archive, {name: shapes[name] for name in wanted}, f"{model.name} model's trunk"
    )
    for name in wanted:
        variables[name].assign(archive.read(name))
    return wanted
