"""Writes an export beside its place, runs it, compares it with Keras, and only then moves it in."""

import dataclasses
import os
import pathlib
from collections.abc import Callable, Sequence

import tensorflow as tf

from jppnet_tf.data.figures.dataset import render_figure
from jppnet_tf.export import writers
from jppnet_tf.export.contents import Difference, ImagePair, Network, Photograph
from jppnet_tf.images.reading import read_image
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.files import check_output, move_in, scratch_folder

_FIGURE = 7
"""The seed of the rendered person that exports are checked on; it shows most of the classes."""


@dataclasses.dataclass(frozen=True)
class Target:
    """A kind of export.

    Attributes:
        content: what it computes: a class of `contents`.
        suffixes: of the files it consists of, the first of them of the one that is named; "" is a
            folder.
        packages: what must be installed for it beyond what this package needs.
        write: function of the content and a path.
        read: function of a path; gives the function that runs what lies there.
    """

    content: type
    suffixes: tuple[str, ...]
    packages: tuple[str, ...]
    write: Callable[..., None]
    read: Callable[[pathlib.Path], Callable]


TARGETS = {
    "saved_model": Target(
        Photograph, ("",), (), writers.write_saved_model, writers.read_saved_model
    ),
    "onnx": Target(
        Network,
        (".onnx",),
        ("onnx", "tf2onnx", "onnxruntime"),
        writers.write_onnx,
        writers.read_onnx,
    ),
    "tflite": Target(Network, (".tflite",), (), writers.write_tflite, writers.read_tflite),
    "openvino": Target(
        Network, (".xml", ".bin"), ("openvino",), writers.write_openvino, writers.read_openvino
    ),
    "frozen_graph": Target(
        ImagePair, (".pb",), (), writers.write_frozen_graph, writers.read_frozen_graph
    ),
}


@dataclasses.dataclass(frozen=True)
class Exported:
    """What `export` did.

    Attributes:
        files: list of pathlib.Path, all files written.
        size: their bytes.
        differences: list of Difference, from Keras on one picture.
        input_hw: (height, width) that the network looks at, at scale 1.
        scales: factors on it.
        mirror: whether the mirror image is looked at, or taken, too.
    """

    files: list[pathlib.Path]
    size: int
    differences: list[Difference]
    input_hw: tuple[int, ...]
    scales: tuple[float, ...]
    mirror: bool


def export(
    weights: str | os.PathLike,
    output: str | os.PathLike,
    to: str,
    scales: Sequence[float] | None = None,
    mirror: bool | None = None,
    input_hw: Sequence[int] | None = None,
    image: str | os.PathLike | None = None,
    tolerance: float = 1e-4,
    overwrite: bool = False,
) -> Exported:
    """Writes a network for other programs, after comparing what was written with Keras.

    Args:
        weights: a safetensors file, TF1 checkpoint or caffemodel.
        output: the file to write, with the format's suffix; of a SavedModel, the folder.
        to: a name in TARGETS.
        scales: factors on `input_hw`, of formats that do the whole procedure; None is what the
            original looked at.
        mirror: whether the mirror image is looked at too; of networks alone, whether they take it
            as the second image of a batch. None is what the original did, and of networks no.
        input_hw: (height, width) at scale 1; None is what the weights state.
        image: the picture to compare on; None renders a person.
        tolerance: the largest difference from Keras allowed, as a share of the largest number; of
            label maps, the share of pixels that may differ.
        overwrite: whether an existing output may be replaced.

    Returns:
        Exported.

    Raises:
        InputError: weights or picture cannot be read, a setting does not fit the format, a package
            is missing, the output exists or cannot be written, or what was written computes
            something else. Nothing is left half-written.
    """
    if to not in TARGETS:
        raise InputError(f"format {to!r} is unknown; there are {', '.join(TARGETS)}")
    kind = TARGETS[to]
    input_hw = None if input_hw is None else _check_size(input_hw)
    outputs = _check_outputs(pathlib.Path(output), kind.suffixes, to, overwrite)
    for package in kind.packages:
        writers.need(package, to)
    rgb = render_figure(_FIGURE).image if image is None else read_image(image)
    content = kind.content(weights, scales, mirror, input_hw)
    with scratch_folder(outputs[0].absolute().parent) as scratch:
        path = scratch / outputs[0].name
        try:
            kind.write(content, path)
        except tf.errors.OpError as error:
            reason = str(error.message).splitlines()[0]
            raise InputError(f"{output}: cannot be written: {reason}") from None
        differences = content.compare(kind.read(path), rgb, tolerance)
        _check(differences, output, to)
        move_in(scratch, outputs[::-1])  # the .xml last, which is read with its .bin
    files = [file for path in outputs for file in ([path] if path.is_file() else _files_in(path))]
    predictor = content.predictor
    return Exported(
        files=files,
        size=sum(file.stat().st_size for file in files),
        differences=differences,
        input_hw=predictor.input_hw,
        scales=predictor.scales,
        mirror=predictor.mirror,
    )


def _check_outputs(output, suffixes, to, overwrite):
    """All paths that will be written, none of which is in the way."""
    is_folder = suffixes == ("",)
    # Readers go by the suffix: OpenCV and OpenVINO tell formats apart by nothing else.
    if output.suffix in {s for kind in TARGETS.values() for s in kind.suffixes} - {suffixes[0], ""}:
        raise InputError(f"{output}: {to} is {_call(suffixes)}; name the output so")
    if not is_folder and output.suffix != suffixes[0]:
        raise InputError(f"{output}: {to} is {_call(suffixes)}; name the output so")
    outputs = [output.with_suffix(suffix) if suffix else output for suffix in suffixes]
    for path in outputs:
        if path.exists() and path.is_dir() != is_folder:
            raise InputError(f"{path}: is {'a file' if is_folder else 'a folder'}; name another")
        check_output(path, overwrite)
    if is_folder and output.exists() and not (output / "saved_model.pb").is_file():
        raise InputError(f"{output}: does not hold a SavedModel, and stays as it is; name another")
    return outputs


def _check_size(size_hw):
    """The sides as whole numbers."""
    if len(size_hw) != 2 or any(side != int(side) or not 0 < side <= 8192 for side in size_hw):
        raise InputError(f"the size must be height,width, in pixels up to 8192, not {size_hw}")
    return tuple(int(side) for side in size_hw)


def _call(suffixes):
    return f"a {suffixes[0]} file" if suffixes[0] else "a folder"


def _check(differences, output, to):
    bad = [difference for difference in differences if not difference.is_allowed]
    if bad:
        raise InputError(
            f"{output}: not written, because the {to} made does not compute what Keras does: "
            f"{'; '.join(map(str, bad))}. Other versions of the packages that convert may do, "
            "and --tolerance allows more"
        )


def _files_in(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())
