import numpy as np
import pytest

from jppnet_tf.models.jppnet import JPPNet
from jppnet_tf.system.errors import InputError
from jppnet_tf.training.initial import load_initial_weights
from jppnet_tf.weights import loading, store
from tests.networks.table import SMALL, TINY


def test_weights_of_the_whole_network(small_file, small_arrays):
    network = JPPNet(**SMALL)
    assert load_initial_weights(network, small_file) == []
    for name, array in store.model_arrays(network).items():
        np.testing.assert_array_equal(array, small_arrays[name])


def test_a_checkpoint_of_the_original(small_checkpoint, small_arrays):
    network = JPPNet(**SMALL)
    assert load_initial_weights(network, small_checkpoint) == []
    array = store.model_arrays(network)["fc3_pose__conv6/kernel"]
    np.testing.assert_array_equal(array, small_arrays["fc3_pose__conv6/kernel"])


def test_the_first_phase_is_a_part_of_the_second(tmp_path):
    first = JPPNet(joints=0, refinements=0, **SMALL)
    loading.save_weights(first, tmp_path / "first.safetensors")
    second = JPPNet(**SMALL)
    before = store.model_arrays(second)
    fresh = load_initial_weights(second, tmp_path / "first.safetensors")
    after, given = store.model_arrays(second), store.model_arrays(first)
    assert set(fresh) == set(after) - set(given)
    assert "fc1_pose__pose_conv1/kernel" in fresh and "fc1_human_c0/kernel" not in fresh
    for name, array in after.items():
        np.testing.assert_array_equal(array, before[name] if name in fresh else given[name])


def test_another_networks_weights_are_refused_whole(small_file):
    network = JPPNet(width=1 / 8, units=SMALL["units"])
    before = network.get_weights()
    with pytest.raises(InputError, match=r"(?s)of another shape.*conv1/kernel"):
        load_initial_weights(network, small_file)
    for array, old in zip(network.get_weights(), before, strict=True):
        np.testing.assert_array_equal(array, old)


def test_a_larger_network_gives_its_part(small_file, small_arrays):
    network = JPPNet(refinements=0, **SMALL)
    assert load_initial_weights(network, small_file) == []
    arrays = store.model_arrays(network)
    assert len(arrays) < len(small_arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, small_arrays[name])


def test_networks_that_each_lack_something_are_refused(small_file):
    network = JPPNet(refinements=0, **SMALL | {"units": (1, 2, 3, 1)})
    with pytest.raises(InputError, match="unexpected: fc2_pose__conv1/kernel"):
        load_initial_weights(network, small_file)


def test_no_such_file(tmp_path):
    for name in ("no.safetensors", "resnet101.h5"):
        with pytest.raises(InputError, match=name):
            load_initial_weights(JPPNet(**TINY), tmp_path / name)
