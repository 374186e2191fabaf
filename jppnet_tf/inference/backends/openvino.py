"""OpenVINO computes the network: faster on CPUs, most of all in bfloat16.

The network is converted once; the result lies on disk, in a folder named after the weights'
checksum, and is read from there by every later process. Conversion takes longer than everything
else; compiling, of which OpenVINO could keep the results too, is no slower than reading them.
"""

import collections
import hashlib
import os
import pathlib
import threading
import typing
from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf

from jppnet_tf.inference.backends.choice import import_openvino
from jppnet_tf.inference.backends.saved_model import save_functions
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.files import move_in, scratch_folder
from jppnet_tf.weights import store

if typing.TYPE_CHECKING:
    import keras

_PRECISIONS = {"float32": "f32", "bfloat16": "bf16"}


class OpenVINOBackend:
    """Converts the network, or finds it converted, and compiles it once for each size of images.

    Args:
        function, model, precision, identity: as for `build_backend`.

    Raises:
        InputError: the cache cannot be written.
    """

    def __init__(
        self,
        function: Callable[[tf.Tensor], dict[str, tf.Tensor]],
        model: "keras.Model",
        precision: str,
        identity: str,
    ) -> None:
        openvino = import_openvino()
        self._core = openvino.Core()
        self._settings = {
            # Said even of float32: processors with AMX would take something shorter.
            "INFERENCE_PRECISION_HINT": _PRECISIONS[precision],
            "PERFORMANCE_HINT": "LATENCY",
        }
        # All that the conversion depends on beside the weights.
        parts = (identity, model.to_json(), openvino.__version__, tf.__version__)
        name = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
        folder = cache_folder() / store.checksum(store.model_arrays(model))
        self._network = self._read(folder / f"{name}.xml") or self._read(
            _convert(function, folder / f"{name}.xml")
        )
        self._compiling = threading.Lock()
        # Size of the images -> (compiled network, idle requests for it).
        self._compiled: dict[tuple, tuple] = {}

    def _read(self, path):
        """The network in a file, or None of one that is missing or damaged."""
        try:
            return self._core.read_model(path)
        except RuntimeError:
            return None

    def __call__(self, images: tf.Tensor) -> dict[str, np.ndarray]:
        """The results for images of one size: dict of arrays. Any number of threads may call it."""
        images = np.asarray(images)
        compiled, idle = self._compile(images.shape)
        # A request holds the results of its last call, so no two threads may share one.
        try:
            request = idle.pop()
        except IndexError:
            request = compiled.create_infer_request()
        try:
            results = request.infer([images])
            return {output.get_any_name(): np.array(results[output]) for output in results}
        finally:
            idle.append(request)

    def _compile(self, shape):
        """The network for one size of images, and the requests for it that nobody uses."""
        # One for all sizes would be slower; each of these takes a second to compile.
        with self._compiling:
            if shape not in self._compiled:
                self._network.reshape(list(shape))
                compiled = self._core.compile_model(self._network, "CPU", self._settings)
                self._compiled[shape] = compiled, collections.deque()
            return self._compiled[shape]


def cache_folder() -> pathlib.Path:
    """Where converted networks lie: `jppnet_tf/openvino` in XDG_CACHE_HOME, or else in ~/.cache."""
    home = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(home) / "jppnet_tf" / "openvino"


def _convert(function, path):
    """Keeps a network as OpenVINO reads it, and gives the path of its .xml file."""
    images = tf.TensorSpec((None, None, None, 3), tf.float32, "images")
    functions = {"serving_default": tf.function(function, [images], autograph=False)}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with scratch_folder(path.parent) as scratch:
            write_network(functions, scratch / path.name)
            move_in(scratch, [path.with_suffix(suffix) for suffix in (".bin", ".xml")])
    except (OSError, RuntimeError) as error:
        raise InputError(
            f"{path.parent}: the network that OpenVINO reads cannot be kept there: {error}; make "
            "room, or set XDG_CACHE_HOME to another folder"
        ) from None
    return path


def write_network(functions: Mapping[str, Callable], path: pathlib.Path) -> None:
    """Writes a function as OpenVINO reads it, in float32.

    By way of a SavedModel: `convert_model` takes functions and Keras models, too, but fails at that
    on Python 3.13.

    Args:
        functions: dict of one tf.function, as for `save_functions`.
        path: of the .xml file; the .bin file will lie beside it, and so will the SavedModel.
    """
    openvino = import_openvino()
    folder = path.with_suffix(".saved_model")
    save_functions(functions, folder)
    openvino.save_model(openvino.convert_model(str(folder)), str(path), compress_to_fp16=False)
