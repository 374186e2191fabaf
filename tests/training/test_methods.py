"""What is particular to the training of each network."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from jppnet_tf import InputError
from jppnet_tf.data.scenes.reading import SceneReading
from jppnet_tf.data.squares import SquareReading
from jppnet_tf.models.jppnet import variable_shapes
from jppnet_tf.training.methods import choose_method
from jppnet_tf.training.recipes import load_recipe
from jppnet_tf.training.settings import Settings, override
from jppnet_tf.training.terms import EnlargedTerms
from jppnet_tf.weights import store
from jppnet_tf.weights.imagenet.open_nsfw import describe_trunk

THIN = Settings(model="ss_jppnet", widths=(3, 4, 5, 6, 7), size=64, weight_decay=0.5)


def test_rates_and_weight_decay_of_ss_jppnet_are_the_originals():
    method = choose_method(THIN)
    network = method.build_network()
    optimizer = method.build_optimizer(network, schedule=0.1)
    variables = store.model_variables(network)
    before = {name: np.array(variable) + 1 for name, variable in variables.items()}
    for name, variable in variables.items():
        variable.assign(before[name])
    optimizer.build(network.trainable_variables)
    pairs = [(tf.ones_like(variable), variable) for variable in network.trainable_variables]
    optimizer.apply_gradients(pairs)
    for name, variable in variables.items():
        is_last, is_kernel = name.startswith("fc8_human"), name.endswith("kernel")
        rate = 0.1 * (10 if is_last else 1) * (1 if is_kernel else 2)
        expected = before[name] - rate * (1 + (0.5 * before[name] if is_kernel else 0))
        np.testing.assert_allclose(variable, expected, rtol=1e-5, atol=1e-6)


def test_adam_moves_all_layers_alike():
    method = choose_method(override(THIN, ["weight_decay=0", "optimizer=adam", "clip_norm=1"]))
    optimizer = method.build_optimizer(method.build_network(), schedule=0.1)
    assert isinstance(optimizer, keras.optimizers.Adam) and optimizer.global_clipnorm == 1


def test_a_size_that_does_not_line_up_is_refused():
    with pytest.raises(InputError, match="a size of 50 does not line up at all scales; .* is 58"):
        choose_method(override(THIN, ["size=50"])).build_network()


def test_the_recipe_trains_the_released_network():
    method = choose_method(load_recipe("lip_ss_jppnet"))
    assert (method.reading.size, method.reading.factors) == (321, (0.6, 0.8, 1.0, 1.2, 1.4))
    assert method.terms.structure == "released"
    assert choose_method(load_recipe("lip_ss_jppnet_structure")).terms.structure == "paper"


def test_lip_net_reads_rgb_and_learns_its_own_losses():
    settings = override(load_recipe("lip_lip_net"), ["width=0.125", "losses=dice,border"])
    method = choose_method(settings)
    reading = method.reading
    assert (reading.size, reading.scales, reading.mirror, reading.has_pose) == (
        512, (1.0, 1.0), False, False,
    )  # fmt: skip
    np.testing.assert_allclose(reading.normalize(np.float32([0, 51, 255])), [0, 0.2, 1])
    assert method.terms == EnlargedTerms(("dice", "border"))
    network = method.build_network()
    assert network.input_shape == (None, None, None, 3)
    assert network.get_layer("drop1").rate == 0.25
    assert isinstance(method.build_optimizer(network, schedule=0.1), keras.optimizers.Adam)
    momentum = choose_method(override(settings, ["optimizer=momentum", "clip_norm=1"]))
    assert momentum.build_optimizer(network, schedule=0.1).global_clipnorm == 1


def test_any_parsing_network_can_be_trained_for_structure():
    for recipe in ("lip_jppnet", "lip_ss_jppnet", "lip_lip_net"):
        settings = override(load_recipe(recipe), ["structure=paper"])
        assert choose_method(settings).terms.structure == "paper"


@pytest.mark.parametrize("setting", ["zoom=2", "rotation=5", "light=0.5", "paste=0.1"])
def test_any_setting_of_scenes_draws_scenes(setting):
    plain = load_recipe("lip_jppnet")
    assert isinstance(choose_method(plain).reading, SquareReading)
    reading = choose_method(override(plain, [setting, "augmentation=0.5,1"])).reading
    assert isinstance(reading, SceneReading) and reading.scales == (0.5, 1.0)
    name, value = setting.split("=")
    assert getattr(reading, name) == float(value) and reading.size == plain.size


def test_scenes_of_lip_net_are_without_joints():
    settings = override(load_recipe("lip_lip_net"), ["light=0.5", "size=64"])
    reading = choose_method(settings).reading
    assert isinstance(reading, SceneReading) and not reading.has_pose
    assert float(np.max(reading.normalize(np.full((1, 1, 3), 255, np.uint8)))) == 1


def test_the_recipe_for_photographs_has_the_trunk_of_its_initial_weights():
    settings = load_recipe("photos")
    shapes = variable_shapes(
        refinements=0, width=settings.width, units=settings.units, stem=settings.stem
    )
    assert describe_trunk(shapes) == "width=0.5, units=3,4,6,3, stem=64"
    assert settings.pose_only and settings.paste > 0
