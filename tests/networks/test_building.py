"""What is built is what the card and the list of variables say, at any size and precision."""

import keras
import numpy as np

from jppnet_tf.weights import store


def test_the_list_of_variables_is_what_the_model_has(network):
    family, config = network.family, network.line.config
    shapes = {name: tuple(v.shape) for name, v in store.model_variables(network.model).items()}
    assert shapes == family.variable_shapes(**config)
    assert family.config_of(shapes) == config


def test_the_model_is_called_by_its_cards_name_and_has_all_its_stages(network):
    assert network.model.name == network.family.name
    assert network.family.stages_of(network.model) == network.family.stages


def test_maps_are_as_large_as_the_stride_has_it(network):
    family, map_side = network.family, network.line.map_side
    joints = family.joints and len(family.joints.names)
    for size_hw in network.line.sizes_hw:
        outputs = network.model(network.read(size_hw, count=2))
        map_hw = tuple(map(map_side, size_hw))
        for stage in family.stages:
            assert outputs[stage.parsing].shape == (2, *map_hw, len(family.classes.names))
            assert stage.pose is None or outputs[stage.pose].shape == (2, *map_hw, joints)
        if family.finds_people:
            assert {tuple(values.shape[1:3]) for values in outputs.values()} == {map_hw}
        if family.enlarged is not None:
            assert outputs[family.enlarged].shape == (2, *size_hw, len(family.classes.names))
        assert all(np.isfinite(values).all() for values in outputs.values())


def test_open_sizes_and_fixed_ones_give_the_same(network):
    size_hw = network.line.sizes_hw[1]
    fixed = network.family.build(**network.line.config, input_shape=(*size_hw, 3))
    fixed.set_weights(network.model.get_weights())
    image = network.read(size_hw)
    expected = network.model(image)
    assert fixed.output.keys() == expected.keys()
    for name, output in fixed(image).items():
        assert tuple(fixed.output[name].shape[1:]) == expected[name].shape[1:]
        # The same numbers in a graph planned otherwise: float32 rounding.
        np.testing.assert_allclose(output, expected[name], atol=1e-4)


def test_results_are_float32_whatever_layers_compute_in(network, unmasked_onednn):
    """At a size at which a mean of all pixels in 16 bits is nowhere near."""
    short = network.short
    assert {layer.compute_dtype for layer in short.layers if layer.weights} == {"bfloat16"}
    assert {array.dtype for array in short.get_weights()} == {np.dtype("float32")}
    assert keras.layers.Dense(1).compute_dtype == "float32"  # no policy is left behind
    image = network.read((128, 128))
    expected = network.model(image)
    for name, output in short(image).items():
        output = np.asarray(output)
        assert output.dtype == np.float32
        # Eight bits of mantissa, and what they add up to over the layers.
        difference = np.abs(output - expected[name]).max()
        assert 0 < difference < 0.1 * np.abs(expected[name]).max()
