"""TF1's momentum rule and the original's schedule."""

import typing

import keras
import tensorflow as tf

from jppnet_tf.system.errors import InputError

# The one place that tells the two generations of Keras apart.
KERAS_2 = keras.__version__.startswith("2.")


class _Keras2Slots(keras.optimizers.Optimizer):
    """What a momentum rule asks of Keras 2's base class."""

    def __init__(self, learning_rate, **kwargs):
        # jit_compile would compile one program per variable on a GPU, and XLA rounds otherwise.
        super().__init__(**{"weight_decay": None, "jit_compile": False} | kwargs)
        self._learning_rate = self._build_learning_rate(learning_rate)

    def build(self, variables):
        super().build(variables)
        if not getattr(self, "_built", False):
            self.momentums = [self.add_variable_from_reference(v, "momentum") for v in variables]
            self._built = True

    def update_step(self, gradient, variable):
        index = self._index_dict[self._var_key(variable)]
        self._update(gradient, variable, self.momentums[index], self.learning_rate, index)

    def get_config(self):
        rate = self._serialize_hyperparameter(self._learning_rate)
        rate = rate if isinstance(rate, dict) else float(rate)
        return super().get_config() | {"learning_rate": rate}


class _Keras3Slots(keras.optimizers.Optimizer):
    """What a momentum rule asks of Keras 3's base class."""

    def build(self, variables):
        if not self.built:
            super().build(variables)
            self.momentums = self.add_optimizer_variables(variables, "momentum")

    def update_step(self, gradient, variable, learning_rate):
        index = self._get_variable_index(variable)
        self._update(gradient, variable, self.momentums[index].value, learning_rate, index)


_Slots: typing.Any = _Keras2Slots if KERAS_2 else _Keras3Slots


@keras.saving.register_keras_serializable("jppnet_tf")
class Momentum(_Slots):
    """TF1's MomentumOptimizer: `acc = momentum * acc + g; w -= rate * acc`, not Nesterov.

    keras.optimizers.SGD keeps the rate inside its velocity, which is another rule as soon as the
    rate changes: a step back to a smaller rate then works through slowly. Here the accumulator
    (slot "momentum") is free of the rate, as in the original's checkpoints.

    Args:
        learning_rate: float, or keras.optimizers.schedules.LearningRateSchedule of the step.
        momentum: 0..1, what is kept of the accumulator.
        l2: added to the gradient is `l2 * w`, after any clipping and before momentum: Caffe's
            `weight_decay`. Keras's own argument of that name shrinks `w` apart from momentum.
        multiplier: factor on the rate, whatever the schedule gives.
        name: what Keras calls it.
        **kwargs: what every Keras optimizer takes: clipnorm, use_ema, ...

    Reference:
        TensorFlow 1 tf.train.MomentumOptimizer; LIP_JPPNet train_JPPNet-s2.py.
    """

    def __init__(
        self,
        learning_rate: float | keras.optimizers.schedules.LearningRateSchedule = 1e-4,
        momentum: float = 0.9,
        l2: float = 0.0,
        multiplier: float = 1.0,
        name: str = "Momentum",
        **kwargs: typing.Any,
    ) -> None:
        if not callable(learning_rate):
            learning_rate = float(learning_rate)
        super().__init__(learning_rate=learning_rate, name=name, **kwargs)
        self.momentum = float(momentum)
        self.l2 = float(l2)
        self.multiplier = float(multiplier)

    def factors(self, index: int) -> tuple[float, float]:
        """What holds for one variable: (factor on the rate, l2); `index` as given to `build`."""
        del index
        return self.multiplier, self.l2

    def _update(self, gradient, variable, accumulator, rate, index):
        dtype = variable.dtype
        multiplier, l2 = self.factors(index)
        gradient = tf.cast(gradient, dtype)
        if l2:
            gradient = gradient + tf.cast(l2, dtype) * variable
        # The very kernel of TF1: it rounds as the original did, in one pass over the variable.
        tf.raw_ops.ResourceApplyMomentum(
            var=variable.handle,
            accum=accumulator.handle,
            lr=tf.cast(rate, dtype) * tf.cast(multiplier, dtype),
            grad=gradient,
            momentum=tf.cast(self.momentum, dtype),
            use_nesterov=False,
        )

    def get_config(self) -> dict:
        own = {"momentum": self.momentum, "l2": self.l2, "multiplier": self.multiplier}
        return super().get_config() | own


@keras.saving.register_keras_serializable("jppnet_tf")
class LinearWarmup(keras.optimizers.schedules.LearningRateSchedule):
    """Another schedule times `(step + 1) / steps` during the first steps.

    Args:
        schedule: LearningRateSchedule.
        steps: int, at least 1, how many steps; the last of them has the full rate.
    """

    def __init__(
        self, schedule: keras.optimizers.schedules.LearningRateSchedule, steps: int
    ) -> None:
        self.schedule = schedule
        self.steps = steps

    def __call__(self, step: int | tf.Tensor) -> tf.Tensor:
        rate = tf.convert_to_tensor(self.schedule(step))
        done = tf.cast(step, rate.dtype) + 1
        return rate * tf.minimum(done / tf.cast(self.steps, rate.dtype), 1)

    def get_config(self) -> dict:
        schedule = keras.saving.serialize_keras_object(self.schedule)
        return {"schedule": schedule, "steps": self.steps}

    @classmethod
    def from_config(cls, config: dict) -> "LinearWarmup":
        schedule = keras.saving.deserialize_keras_object(config["schedule"])
        return cls(schedule, config["steps"])


def build_schedule(
    rate: float, total_steps: int, power: float = 0.9, warmup_steps: int = 0
) -> keras.optimizers.schedules.LearningRateSchedule:
    """The original's schedule: `rate * (1 - step / total_steps) ** power`.

    Args:
        rate: float, the rate at step 0.
        total_steps: int, at least 1; from this step on the rate is 0, unless `power` is.
        power: float, at least 0; 1 is a straight line, 0 the same rate all the time.
        warmup_steps: int, during how many first steps the rate grows linearly from nearly 0 to
            what it would be. They count as part of `total_steps`. The original has none.

    Returns:
        keras.optimizers.schedules.LearningRateSchedule.

    Raises:
        InputError: a number is out of its range.

    Reference:
        LIP_JPPNet train_JPPNet-s2.py, learning_rate.
    """
    if total_steps < 1 or not 0 <= warmup_steps <= total_steps:
        raise InputError(
            f"a schedule of {total_steps} steps, {warmup_steps} of them to warm up: "
            "give at least 1 step, and no more of them to warm up than there are"
        )
    if not rate >= 0 or not power >= 0:
        raise InputError(f"a schedule needs rate >= 0 and power >= 0, not {rate} and {power}")
    schedule = keras.optimizers.schedules.PolynomialDecay(
        float(rate), int(total_steps), end_learning_rate=0.0, power=float(power), cycle=False
    )
    return LinearWarmup(schedule, int(warmup_steps)) if warmup_steps else schedule
