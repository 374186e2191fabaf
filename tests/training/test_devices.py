"""The strategies, each in a process of its own: devices are made before TensorFlow starts."""

import json
import os
import socket
import subprocess
import sys

import numpy as np
import pytest

from jppnet_tf.system.errors import InputError
from jppnet_tf.training import devices
from jppnet_tf.training.optimizers import KERAS_2
from tests.conftest import ROOT

PROGRAM = """
import json, sys
import tensorflow as tf
count, output = int(sys.argv[1]), sys.argv[2]
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * count)
from jppnet_tf.training.settings import Settings
from jppnet_tf.training.samples import Samples
from jppnet_tf.training.train import train
from tests.training.test_devices import read_figures
records = read_figures(sys.argv[3])
from tests.training.test_devices import MODELS
settings = Settings(**MODELS[sys.argv[5]], batch=4, epochs=2, planned_epochs=2, rate=1e-3,
                    initial_weights=sys.argv[4])
# Each device drops values of its own.
from jppnet_tf.models.layers import RestorableDropout
RestorableDropout.call = lambda self, inputs, training=None: inputs
samples = Samples(records, records[:1], [], {})
lines = []
train(settings, samples, output, lines.append)
print(lines)
"""


MODELS = {
    "jppnet": {
        "width": 1 / 16, "units": (1, 1, 1, 1), "refinements": 0, "size": 64, "scales": (1.0, 0.5),
    },
    "ss_jppnet": {
        "model": "ss_jppnet", "widths": (8, 8, 8, 8, 8), "size": 64, "augmentation": (0.8, 1.2),
        "structure": "paper", "accumulate": 2, "weight_decay": 1e-3,
    },
}  # fmt: skip


def read_figures(folder):
    """The figures of the folder."""
    from jppnet_tf.data.lip import read_split

    return read_split(folder, "val").records


@pytest.fixture(scope="module", params=list(MODELS))
def inputs(request, tmp_path_factory):
    """A folder of figures, weights to start from, and the name of the model."""
    import keras

    from jppnet_tf.data.figures.dataset import write_figures
    from jppnet_tf.training.methods import choose_method
    from jppnet_tf.training.settings import Settings
    from jppnet_tf.weights.loading import save_weights

    keras.utils.set_random_seed(0)
    folder = tmp_path_factory.mktemp("devices")
    write_figures(folder / "figures", "val", count=8, seed=1, size=64)
    network = choose_method(Settings(**MODELS[request.param])).build_network()
    save_weights(network, folder / "start.safetensors")
    return folder / "figures", folder / "start.safetensors", request.param


def start(inputs, count, output, **environment):
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *map(str, (count, output, *inputs))],
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def finish(process):
    out, err = process.communicate()
    assert process.returncode == 0, err[-3000:]
    return out


def read_run(folder):
    """The losses of each epoch, and the last weights."""
    from jppnet_tf.weights.loading import open_weights

    lines = (folder / "scores.csv").read_text().splitlines()
    names = lines[0].split(",")
    losses = [
        [float(value) for name, value in zip(names, line.split(","), strict=True)
         if name.startswith(("loss", "parsing", "pose"))]
        for line in lines[1:]
    ]  # fmt: skip
    arrays = open_weights(folder / "last.safetensors").read_all()
    return np.array(losses), np.concatenate([arrays[name].ravel() for name in sorted(arrays)])


@pytest.fixture(scope="module")
def one_device(inputs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("one") / "run"
    assert "4 samples a step on 1 device'" in finish(start(inputs, 1, folder))
    return read_run(folder)


def check_equal(run, expected):
    # Float32 sums in another order.
    np.testing.assert_allclose(run[0], expected[0], rtol=1e-4)
    np.testing.assert_allclose(run[1], expected[1], atol=2e-6)


@pytest.mark.slow
def test_two_devices_train_as_one(inputs, one_device, tmp_path):
    assert "on 2 devices" in finish(start(inputs, 2, tmp_path / "run"))
    check_equal(read_run(tmp_path / "run"), one_device)


@pytest.mark.slow
@pytest.mark.skipif(not KERAS_2, reason="Keras 3 cannot train on several workers")
@pytest.mark.parametrize("inputs", ["ss_jppnet"], indirect=True)  # which has all that JPPNet has
def test_two_workers_train_as_one_device(inputs, one_device, tmp_path):
    workers = [f"localhost:{free_port()}" for _ in range(2)]
    processes = [
        start(inputs, 1, tmp_path / "run", TF_CONFIG=json.dumps(
            {"cluster": {"worker": workers}, "task": {"type": "worker", "index": index}}
        ))
        for index in range(2)
    ]  # fmt: skip
    try:
        for process in processes:
            assert "on 2 devices" in finish(process)
    finally:
        for process in processes:
            process.kill()
    check_equal(read_run(tmp_path / "run"), one_device)


def free_port():
    with socket.socket() as listener:
        listener.bind(("localhost", 0))
        return listener.getsockname()[1]


@pytest.mark.skipif(KERAS_2, reason="Keras 2 can")
def test_several_workers_on_keras_3_name_the_other_leg(monkeypatch):
    cluster = {"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 0}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(cluster))
    with pytest.raises(InputError, match="Keras 3's fit cannot.*Python 3.10 or 3.11"):
        devices.build_strategy()


@pytest.mark.parametrize("text", ["{", "[1]", '{"cluster": 3}'])
def test_a_broken_cluster_is_named(monkeypatch, text):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(InputError, match="TF_CONFIG is not the JSON of a cluster"):
        devices.build_strategy()


def test_a_batch_that_cannot_be_shared_out_is_refused():
    strategy = devices.build_strategy()
    assert devices.split_batch(strategy, 8, 4) == 8
    with pytest.raises(InputError, match="batch=6 cannot be cut evenly.*multiple of 4"):
        devices.split_batch(strategy, 6, 4)
