"""The momentum rule, its schedule and the rates by layer, against numbers computed by hand."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from jppnet_tf.system.errors import InputError
from jppnet_tf.training.layer_rates import Group, build_grouped_momentum
from jppnet_tf.training.optimizers import Momentum, build_schedule
from tests.conftest import ROOT

GROUPS = [Group("fc7/.*"), Group("fc8/kernel", rate=10), Group("fc8/bias", rate=20, l2=0)]


def make_halving():
    """Rate 0.5 at step 0, 0.25 at step 1, 0 from step 2 on."""
    return build_schedule(0.5, 2, power=1)


def make_model(dtype=None):
    keras.utils.set_random_seed(3)
    inputs = keras.Input((3,))
    x = keras.layers.Dense(4, name="fc7", dtype=dtype)(inputs)
    return keras.Model(inputs, keras.layers.Dense(2, name="fc8", dtype=dtype)(x))


def make_gradients(variables, step):
    random = np.random.default_rng(step)
    return [tf.constant(random.normal(size=v.shape), tf.float32) for v in variables]


def apply_steps(optimizer, model, steps):
    for step in steps:
        variables = model.trainable_variables
        optimizer.apply_gradients(zip(make_gradients(variables, step), variables, strict=True))


def apply_one_by_one(optimizer, gradients, start=1.0):
    """The values of one variable after each gradient."""
    variable = tf.Variable([start])
    values = []
    for gradient in gradients:
        optimizer.apply_gradients([(tf.constant([gradient]), variable)])
        values.append(float(variable[0]))
    return values


def test_the_rate_stays_out_of_the_accumulator():
    # acc 2, 2, 2 and rate 0.5, 0.25, 0: 1 - 0.5 * 2 = 0; 0 - 0.25 * 2 = -0.5; then nothing.
    optimizer = Momentum(make_halving(), momentum=0.5)
    assert apply_one_by_one(optimizer, [2.0, 1.0, 1.0]) == [0.0, -0.5, -0.5]
    # Velocity -1, then 0.5 * -1 - 0.25 * 1, then half of that although the rate is 0.
    library = keras.optimizers.SGD(make_halving(), momentum=0.5)
    assert apply_one_by_one(library, [2.0, 1.0, 1.0]) == [0.0, -0.75, -1.125]


def test_each_step_equals_tf1s_own_optimizer_to_the_bit():
    schedule, model, other = build_schedule(0.1, 9), make_model(), make_model()
    apply_steps(Momentum(schedule), model, range(5))
    variables = [tf.Variable(weight) for weight in other.get_weights()]
    step = tf.Variable(0)
    original = tf.compat.v1.train.MomentumOptimizer(lambda: schedule(step), 0.9)
    for number in range(5):
        step.assign(number)
        gradients = make_gradients(variables, number)
        original.apply_gradients(zip(gradients, variables, strict=True))
    for value, expected in zip(model.get_weights(), variables, strict=True):
        np.testing.assert_array_equal(value, expected)


def test_l2_joins_the_gradient_before_momentum_and_after_clipping():
    # g = 0.25 * 1 + 2 = 2.25, w = -0.125; acc = 1.125 + (0.25 * -0.125 + 1), w = -0.125 - acc / 2
    optimizer = Momentum(0.5, momentum=0.5, l2=0.25, clipnorm=2.0)
    assert apply_one_by_one(optimizer, [8.0, 1.0]) == [-0.125, -1.171875]


def test_a_float_rate_can_be_set():
    optimizer = Momentum(1, momentum=0, multiplier=0.5)
    first = apply_one_by_one(optimizer, [1.0])
    assert first == [0.5]
    np.testing.assert_allclose(optimizer.learning_rate, 1.0)
    optimizer = Momentum(1)
    optimizer.learning_rate = 0.25
    assert apply_one_by_one(optimizer, [1.0]) == [0.75]


def test_the_slot_is_named_momentum_and_holds_the_plain_sum_of_gradients():
    model = make_model()
    optimizer = Momentum(1e-4, momentum=0.5)
    apply_steps(optimizer, model, range(2))
    slots = [v for v in optimizer.variables if "momentum" in v.name]
    assert len(slots) == 4
    first, second = (make_gradients(model.trainable_variables, step) for step in range(2))
    for slot, g, h in zip(slots, first, second, strict=True):
        np.testing.assert_allclose(slot, 0.5 * g + h, rtol=1e-6)


@pytest.mark.parametrize("rate", [0.25, build_schedule(1e-4, 7, warmup_steps=2)])
def test_an_optimizer_survives_serialisation(rate):
    optimizer = Momentum(rate, momentum=0.5, l2=0.1, multiplier=2, clipnorm=1.0)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(optimizer))
    assert type(again) is Momentum
    assert again.get_config() == optimizer.get_config()
    assert apply_one_by_one(again, [3.0, 4.0]) == apply_one_by_one(optimizer, [3.0, 4.0])


def test_the_schedule_is_the_originals():
    total = 7616 * 35 + 1
    schedule = build_schedule(1e-4, total)
    # Step 1: 1e-4 * 0.99999624851 ** 0.9; the last step: 1e-4 * 3.751486e-6 ** 0.9.
    expected = {0: 1e-4, 1: 9.99996624e-5, total - 1: 1.308528e-9, total: 0, total + 9: 0}
    for step, rate in expected.items():
        # Near the end 1 - step / total is known in float32 only to 6e-8 of 1.
        np.testing.assert_allclose(float(schedule(step)), rate, rtol=1e-6, atol=3e-11)
    short = [float(build_schedule(1e-4, 4)(step)) for step in range(5)]
    by_hand = [1e-4, 7.718895e-5, 5.358867e-5, 2.871746e-5, 0]
    np.testing.assert_allclose(short, by_hand, rtol=1e-6)


def test_warming_up_multiplies_the_schedule():
    schedule = build_schedule(1.0, 8, power=1, warmup_steps=4)
    rates = [float(schedule(tf.constant(step, tf.int64))) for step in (0, 1, 3, 4, 7, 8)]
    assert rates == [1 / 4, 7 / 8 / 2, 5 / 8, 4 / 8, 1 / 8, 0]


def test_a_rate_may_stay():
    schedule = build_schedule(0.5, 8, power=0)
    assert {float(schedule(tf.constant(step, tf.int64))) for step in (0, 5, 8, 9)} == {0.5}


@pytest.mark.parametrize(
    "arguments", [(1e-4, 0), (-1e-4, 5), (1e-4, 5, -1), (1e-4, 5, 0.9, 6), (1e-4, 5, 0.9, -1)]
)
def test_an_impossible_schedule_is_refused(arguments):
    with pytest.raises(InputError, match="a schedule"):
        build_schedule(*arguments)


def build_plain(model):
    return Momentum(build_schedule(0.1, 9), l2=0.01)


def build_grouped(model):
    return build_grouped_momentum(model, GROUPS, build_schedule(0.01, 9), l2=0.1)


@pytest.mark.parametrize("build", [build_plain, build_grouped])
def test_resuming_from_a_checkpoint_equals_going_on(build, tmp_path):
    model = make_model()
    optimizer = build(model)
    apply_steps(optimizer, model, range(3))
    path = tf.train.Checkpoint(model=model, optimizer=optimizer).write(str(tmp_path / "step"))
    apply_steps(optimizer, model, range(3, 6))

    fresh = make_model()
    other = build(fresh)
    status = tf.train.Checkpoint(model=fresh, optimizer=other).read(path)
    apply_steps(other, fresh, range(3, 6))
    status.assert_consumed()
    assert int(other.iterations) == 6
    for value, expected in zip(fresh.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(value, expected)


def test_rates_and_l2_by_group_follow_the_rule():
    model = make_model()
    weights = [w.astype(np.float64) for w in model.get_weights()]
    accumulators = [0.0] * 4
    for step in range(4):
        gradients = make_gradients(model.trainable_variables, step)
        rate = 0.01 * (1 - step / 9) ** 0.9
        for i, (factor, l2) in enumerate([(1, 0.1), (1, 0.1), (10, 0.1), (20, 0)]):
            accumulators[i] = 0.9 * accumulators[i] + gradients[i].numpy() + l2 * weights[i]
            weights[i] = weights[i] - rate * factor * accumulators[i]
    apply_steps(build_grouped(model), model, range(4))
    for value, expected in zip(model.get_weights(), weights, strict=True):
        # float32 against float64 over four steps.
        np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-6)


def test_fit_trains_every_group():
    model = make_model()
    before = model.get_weights()
    optimizer = build_grouped(model)
    model.compile(optimizer, "mse")
    model.fit(np.ones((4, 3)), np.ones((4, 2)), batch_size=2, verbose=0)
    assert all((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))
    assert int(optimizer.iterations) == 2
    assert float(optimizer.learning_rate) <= 0.01


def test_each_variable_must_be_in_exactly_one_group():
    groups = [Group("fc7/kernel"), Group(".*kernel"), Group("fc9/.*"), Group("fc8/bia")]
    with pytest.raises(InputError) as error:
        build_grouped_momentum(make_model(), groups)
    faults = str(error.value).splitlines()[1:]
    assert faults == [
        "  fc7/kernel: in all of fc7/kernel, .*kernel",
        "  fc7/bias: in no group",
        "  fc8/bias: in no group",
        "  group fc9/.*: no trainable variable is called so",
        "  group fc8/bia: no trainable variable is called so",
    ]


def test_variables_of_one_name_are_refused():
    inputs = keras.Input((3,))
    inner = make_model()
    model = keras.Model(inputs, inner(inputs))
    with pytest.raises(InputError, match=r"shares its <layer>/<variable> name"):
        build_grouped_momentum(model, [Group(".*")])


class Scale(keras.layers.Layer):
    """Makes its variable before it has a scope of its own."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.factor = self.add_weight(name="factor", shape=(), initializer="ones")

    def call(self, x):
        return x * self.factor


def test_variables_that_keras_calls_alike_are_refused():
    inputs = keras.Input((3,))
    model = keras.Model(inputs, Scale(name="second")(Scale(name="first")(inputs)))
    variables = model.trainable_variables
    if len({getattr(v, "path", v.name) for v in variables}) == 2:
        pytest.skip("this Keras tells them apart")
    with pytest.raises(InputError, match="Keras's name of several variables"):
        build_grouped_momentum(model, [Group("first/.*"), Group("second/.*")])


def test_frozen_layers_need_no_group_and_may_not_thaw():
    model = make_model()
    model.get_layer("fc7").trainable = False
    optimizer = build_grouped_momentum(model, GROUPS[1:])
    model.get_layer("fc7").trainable = True
    with pytest.raises(InputError, match="2 variables were not trainable"):
        apply_steps(optimizer, model, [0])


@pytest.mark.usefixtures("unmasked_onednn")
@pytest.mark.parametrize("build", [build_plain, build_grouped])
def test_a_step_with_infinite_gradients_is_skipped_in_mixed_precision(build):
    model = make_model(keras.mixed_precision.Policy("mixed_float16"))
    model.compile(keras.mixed_precision.LossScaleOptimizer(build(model), initial_scale=4.0), "mse")
    model.train_on_batch(np.ones((2, 3)), np.ones((2, 2)))
    before = model.get_weights()
    model.train_on_batch(np.ones((2, 3)), np.full((2, 2), np.inf))
    for value, expected in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(value, expected)
    model.train_on_batch(np.ones((2, 3)), np.ones((2, 2)))
    assert all((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))


TWO_DEVICES = """
import numpy as np, tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from tests.training import test_optimizers as tests
# One for both: a second one reuses the first one's keys of collective operations.
mirrored = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
random = np.random.default_rng(0)
x, y = (random.normal(size=(16, n)).astype(np.float32) for n in (3, 2))
for build in (tests.build_plain, tests.build_grouped):
    results = []
    for strategy in (tf.distribute.get_strategy(), mirrored):
        with strategy.scope():
            model = tests.make_model()
            model.compile(build(model), "mse")
        model.fit(tf.data.Dataset.from_tensor_slices((x, y)).batch(8).repeat(3), verbose=0)
        assert model.optimizer.iterations.numpy() == 6
        results.append(model.get_weights())
    for one, two in zip(*results):
        # The devices' halves are added in another order.
        np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-6)
print("equal")
"""


@pytest.mark.slow
def test_two_devices_train_as_one_does():
    command = [sys.executable, "-c", TWO_DEVICES]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1:] == ["equal"], done.stderr[-2000:]
