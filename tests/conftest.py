"""What several tests need: a small network, its weights on disk, photographs, the programs."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")  # what is compared was computed by CPUs

import cv2
import hypothesis
import numpy as np
import pytest

from tests.programs import ROOT, call_program  # noqa: F401

hypothesis.settings.register_profile("same each time", derandomize=True, deadline=None)
hypothesis.settings.load_profile("same each time")

PROCESSORS = {
    name: f"model name\t: Simulated processor\nflags\t\t: fpu sse4_2 {features}\n"
    for name, features in (("avx2", "avx2"), ("avx512_bf16", "avx2 avx512f avx512_bf16"))
}
"""What Linux says of processors without and with units for bfloat16."""


def pytest_addoption(parser):
    parser.addoption("--processor", choices=PROCESSORS, help="what the package sees in its place")


@pytest.fixture(scope="session", autouse=True)
def masked_processor(pytestconfig):
    """Has the package see the processor that `--processor` names."""
    name = pytestconfig.getoption("--processor")
    with pytest.MonkeyPatch.context() as patch:
        if name is not None:
            patch.setattr("jppnet_tf.system.machine.read_cpuinfo", lambda: PROCESSORS[name])
        yield


@pytest.fixture(scope="session", autouse=True)
def cache_home(tmp_path_factory):
    """The folder that keeps networks converted for OpenVINO as long as the session."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder


@pytest.fixture
def processor(monkeypatch):
    """Function that has the package see one of PROCESSORS in this machine, and no GPU."""

    def pretend(name):
        from jppnet_tf.inference.backends import choice  # TensorFlow: only where it is needed

        monkeypatch.setattr("jppnet_tf.system.machine.read_cpuinfo", lambda: PROCESSORS[name])
        monkeypatch.setattr(choice, "has_gpu", lambda: False)

    return pretend


def draw_photo(height, width, seed=0):
    """A smooth random RGB photograph: uint8 [h, w, 3]."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 5, 3), np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


@pytest.fixture
def unmasked_onednn():
    """Skips the test where oneDNN is told to ignore what the processor can do.

    TensorFlow does not notice and hands it what 16 bits the processor has units for; oneDNN refuses
    bfloat16, and for float16 the process ends. On a processor that really lacks them, TensorFlow
    computes both itself.
    """
    if "ONEDNN_MAX_CPU_ISA" in os.environ:
        pytest.skip("oneDNN is masked, and TensorFlow does not notice")


@pytest.fixture(scope="session")
def networks(tmp_path_factory):
    """The small network of each family, by name; do not change their weights."""
    from tests.networks.small import SmallNetworks  # TensorFlow: only where it is needed

    return SmallNetworks(tmp_path_factory.mktemp("networks"))


@pytest.fixture(scope="session")
def small_arrays(networks):
    """Weights of the small JPPNet; do not change them."""
    return networks["jppnet"].arrays


@pytest.fixture(scope="session")
def small_file(networks):
    """The small JPPNet's safetensors file."""
    return networks["jppnet"].path


@pytest.fixture(scope="session")
def small_model(networks):
    """The small JPPNet; do not change its weights."""
    return networks["jppnet"].model


@pytest.fixture
def small_caffemodel(networks, tmp_path):
    """A caffemodel of a narrow SS-JPPNet, with the copies that the released one has."""
    from tests.weights.caffe_files import write_caffemodel

    return write_caffemodel(tmp_path / "attention.caffemodel", networks["ss_jppnet"].arrays)


@pytest.fixture
def small_checkpoint(small_arrays, tmp_path):
    """A TF1 checkpoint as the original left one: with slots, a counter and a foreign path."""
    import tensorflow as tf

    from jppnet_tf.weights import tf1

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
    """The function `draw_photo`."""
    return draw_photo


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
