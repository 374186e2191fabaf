"""What several tests need: a small network, its weights on disk, photographs, the programs."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cv2
import numpy as np
import pytest

from jppnet_tf.models import ss_jppnet
from jppnet_tf.models.jppnet import variable_shapes
from jppnet_tf.weights import loading, store, tf1
from tests.parity.stand_in import stand_in_arrays
from tests.programs import ROOT, call_program  # noqa: F401

SMALL = {"width": 1 / 16, "units": (1, 2, 2, 1)}


@pytest.fixture(scope="session")
def small_arrays():
    """Weights of the small network; do not change them."""
    return stand_in_arrays(variable_shapes(**SMALL))


@pytest.fixture(scope="session")
def small_file(small_arrays, tmp_path_factory):
    """The small network's safetensors file."""
    path = tmp_path_factory.mktemp("weights") / "small.safetensors"
    config = {"classes": 20, "joints": 16, "refinements": 2, **SMALL}
    store.write_safetensors(path, small_arrays, "JPPNet", config)
    return path


@pytest.fixture(scope="session")
def small_model(small_file):
    """The small network; do not change its weights."""
    return loading.load_model(small_file)


@pytest.fixture
def small_caffemodel(tmp_path):
    """A caffemodel of a narrow SS-JPPNet, with the copies that the released one has."""
    from tests.weights.caffe_files import write_caffemodel

    arrays = stand_in_arrays(ss_jppnet.variable_shapes(widths=(2, 3, 4, 5, 6)))
    return write_caffemodel(tmp_path / "attention.caffemodel", arrays)


@pytest.fixture
def small_checkpoint(small_arrays, tmp_path):
    """A TF1 checkpoint as the original left one: with slots, a counter and a foreign path."""
    import tensorflow as tf

    folder = tmp_path / "JPPNet-s2"
    folder.mkdir()
    tensors = {tf1.tf1_name(name): array for name, array in small_arrays.items()}
    slots = {
        f"{name}/Momentum": np.ones_like(a) for name, a in tensors.items() if "moving" not in name
    }
    tensors |= slots | {"global_step": np.int64(205632)}
    tf.raw_ops.SaveV2(
        prefix=str(folder / "model.ckpt-205632"),
        tensor_names=list(tensors),
        shape_and_slices=[""] * len(tensors),
        tensors=list(tensors.values()),
    )
    text = 'model_checkpoint_path: "/data/somebody/else/model.ckpt-205632"\n'
    (folder / "checkpoint").write_text(text)
    return folder


@pytest.fixture
def make_photo():
    """Function that gives a smooth random RGB photograph: uint8 [h, w, 3]."""

    def make(height, width, seed=0):
        coarse = np.random.default_rng(seed).integers(0, 256, (6, 5, 3), np.uint8)
        return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)

    return make


@pytest.fixture
def save_photo(make_photo):
    """Function that writes such a photograph to a path and gives it back."""

    def save(path, height=40, width=30, seed=0):
        path.parent.mkdir(parents=True, exist_ok=True)
        photo = make_photo(height, width, seed)
        path.write_bytes(cv2.imencode(path.suffix, photo[..., ::-1])[1].tobytes())
        return photo

    return save


@pytest.fixture
def run_tool(capfd):
    """Function that runs a program of tools/ in this process: gives status, stdout and stderr."""

    def run(tool, *arguments, **options):
        capfd.readouterr()
        status = call_program(tool, *arguments, **options)
        return status, *capfd.readouterr()

    return run


@pytest.fixture
def save_video():
    """Function that writes a video of grey frames, each a little lighter than the one before."""

    def save(path, count=12, size_hw=(48, 64), rate=25, code="mp4v"):
        path.parent.mkdir(parents=True, exist_ok=True)
        way, code = cv2.CAP_FFMPEG, cv2.VideoWriter_fourcc(*code)
        writer = cv2.VideoWriter(str(path), way, code, rate, size_hw[::-1])
        for number in range(count):
            writer.write(np.full((*size_hw, 3), (20 + 5 * number) % 256, np.uint8))
        writer.release()
        return path

    return save


@pytest.fixture
def read_video():
    """Function that reads all frames of a video: uint8 [n, h, w, 3], RGB."""

    def read(path):
        capture, frames = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG), []
        while (found := capture.read())[0]:
            frames.append(found[1][..., ::-1])
        return np.array(frames)

    return read
