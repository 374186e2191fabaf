"""The weights that ship with the package, found by name."""

import os
import pathlib

from jppnet_tf.system.errors import InputError

SHIPPED: tuple[str, ...] = ("photos", "photos_lip_net", "figures", "figures_lip_net")
"""Their names; checkpoints/README.md says what each of them knows."""

IN_CHECKOUT: tuple[str, ...] = ("scenes_personlab",)
"""Those that lie in a checkout, but are not good enough to ship."""

DEFAULT = "photos"
"""What is taken where nobody names weights."""

DEFAULT_NOTE = (
    f"no weights named: taking {DEFAULT}, the small model for photographs that ships; the released "
    "ones are to be had through https://github.com/Engineering-Course/LIP_JPPNet"
)
"""What is said then."""

_PACKAGE = pathlib.Path(__file__).parents[1]
_FOLDERS = (_PACKAGE / "checkpoints", _PACKAGE.parent / "checkpoints")  # installed; in a checkout


def locate(weights: str | os.PathLike[str]) -> str | os.PathLike[str]:
    """The path of weights: a name gives its file, anything else is a path already.

    A name always means the weights of this package. Write `./figures` for a folder of that name, or
    pass a pathlib.Path, which is never taken for a name.

    Raises:
        InputError: the file of that name is missing from the installed package.
    """
    if weights not in SHIPPED + IN_CHECKOUT:
        return weights
    for folder in _FOLDERS:
        file = folder / f"{weights}.safetensors"
        if file.is_file():
            return file
    if weights in IN_CHECKOUT:
        raise InputError(f"{weights}: does not ship, and lies in checkouts only")
    raise InputError(
        f"{weights}: ships with the package, but is missing from {_FOLDERS[0]}; install it again"
    )
