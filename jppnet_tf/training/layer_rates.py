"""Rates and l2 that differ from layer to layer."""

import dataclasses
import re
import types
import typing
import warnings
from collections.abc import Iterable, Mapping, Sequence

import keras

from jppnet_tf.system.errors import InputError
from jppnet_tf.training.optimizers import KERAS_2, Momentum
from jppnet_tf.weights.store import model_variables

if typing.TYPE_CHECKING:
    import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Group:
    """Variables that share their factors on rate and l2.

    Attributes:
        pattern: regular expression that a whole name `<layer>/<variable>` has to match, such as
            "fc8.*/bias".
        rate: factor on the learning rate (Caffe's `lr_mult`).
        l2: factor on l2 (Caffe's `decay_mult`).
    """

    pattern: str
    rate: float = 1.0
    l2: float = 1.0


@keras.saving.register_keras_serializable("jppnet_tf")
class GroupedMomentum(Momentum):
    """Momentum with factors for each variable: `build_grouped_momentum` on Keras 3.

    Args:
        table: dict of variable path to (factor on the rate, l2).
        **kwargs: as for Momentum.
    """

    def __init__(self, table: Mapping[str, Sequence[float]], **kwargs: typing.Any) -> None:
        kwargs = {key: value for key, value in kwargs.items() if key not in ("l2", "multiplier")}
        super().__init__(**kwargs)
        self.table = {path: (rate, l2) for path, (rate, l2) in table.items()}

    def build(self, variables: "Sequence[keras.Variable]") -> None:
        _check_all_known([_key(variable) for variable in variables], self.table)
        self.by_index = [self.table[_key(variable)] for variable in variables]
        super().build(variables)

    def factors(self, index: int) -> tuple[float, float]:
        return self.by_index[index]

    def get_config(self) -> dict:
        return super().get_config() | {"table": {k: list(v) for k, v in self.table.items()}}


if KERAS_2:
    with warnings.catch_warnings():
        # It tells everybody that it is no longer developed.
        warnings.filterwarnings("ignore", module="tensorflow_addons")
        from tensorflow_addons.optimizers import MultiOptimizer

    @keras.saving.register_keras_serializable("jppnet_tf")
    class GroupedMultiOptimizer(MultiOptimizer):
        """MultiOptimizer made fit for checkpoints and several devices.

        It is a legacy optimizer; those inside may be of the new kind, as Momentum is.
        """

        def __init__(self, *args: typing.Any, **kwargs: typing.Any) -> None:
            super().__init__(*args, **kwargs)
            # Checkpoints would leave out the inner optimizers, and their accumulators with them.
            for number, spec in enumerate(self.optimizer_specs):
                self._track_trackable(spec["optimizer"], name=f"group_{number}")
            _ = self.iterations  # made now, not within a training step

        def build(self, variables: "Sequence[keras.Variable]") -> None:
            """As that of Keras's optimizers: makes the accumulators, before a state is read."""
            _check_all_known([variable.name for variable in variables], self._known())
            for spec in self.optimizer_specs:
                spec["optimizer"].build(
                    [variable for variable in variables if variable.name in spec["weights"]]
                )

        def _known(self):
            return {name for spec in self.optimizer_specs for name in spec["weights"]}

        def apply_gradients(
            self, grads_and_vars: "Iterable[tuple[tf.Tensor, keras.Variable]]", **kwargs: typing.Any
        ) -> "tf.Tensor":
            # The inherited one collects the pairs in lists that the replicas overwrite for each
            # other, and drops those of variables that are in no group.
            pairs = {variable.name: (gradient, variable) for gradient, variable in grads_and_vars}
            _check_all_known(pairs, self._known())
            for spec in self.optimizer_specs:
                group = [pairs[name] for name in spec["weights"] if name in pairs]
                spec["optimizer"].apply_gradients(group, **kwargs)
            return self.iterations.assign_add(1, read_value=False)

        @property
        def learning_rate(self) -> float | keras.optimizers.schedules.LearningRateSchedule:
            """The rate before the groups' factors."""
            return self.optimizer_specs[0]["optimizer"].learning_rate


def _check_all_known(names, known):
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InputError(
            f"{len(unknown)} variables were not trainable when the optimizer was built; build it "
            f"after `trainable` is set: {', '.join(unknown)}"
        )


def build_grouped_momentum(
    model: keras.Model,
    groups: Sequence[Group],
    learning_rate: float | keras.optimizers.schedules.LearningRateSchedule = 1e-4,
    momentum: float = 0.9,
    l2: float = 0.0,
) -> keras.optimizers.Optimizer:
    """Momentum with rates and l2 that differ from variable to variable.

    Keras 2 gets tensorflow-addons' MultiOptimizer with a Momentum per group, Keras 3 (for which
    there is no tensorflow-addons) a Momentum that looks the factors up; both give the same
    numbers. Freeze layers before, not after. Caffe itself keeps the rate inside its velocity,
    as keras.optimizers.SGD does; while the rate stays the same, the weights move alike.

    Args:
        model: functional Keras model.
        groups: sequence of Group; each trainable variable must be in exactly one of them.
        learning_rate: float or LearningRateSchedule, before the groups' factors. A float cannot
            be changed later: a rate that changes needs a schedule.
        momentum: as for Momentum.
        l2: as for Momentum, before the groups' factors.

    Returns:
        Keras optimizer, to be used inside the strategy's scope that it was built in.
        tf.train.Checkpoint saves and restores all of its state.

    Raises:
        InputError: a variable is in no group or in several, a group is empty, or variables
            cannot be told apart by name; the message lists all of them.
    """
    members = _assign_groups(model, groups)
    if KERAS_2:
        # MultiOptimizer groups layers, but asks no more of them than that they have `weights`.
        return GroupedMultiOptimizer(
            [
                (
                    Momentum(learning_rate, momentum, l2 * group.l2, group.rate),
                    types.SimpleNamespace(weights=variables),
                )
                for group, variables in zip(groups, members, strict=True)
            ]
        )
    table = {
        _key(variable): (group.rate, l2 * group.l2)
        for group, variables in zip(groups, members, strict=True)
        for variable in variables
    }
    return GroupedMomentum(table, learning_rate=learning_rate, momentum=momentum)


def _assign_groups(model, groups):
    """The trainable variables of each group: list of lists, in the order of `groups`."""
    trainable = {id(variable): variable for variable in model.trainable_variables}
    named = {n: v for n, v in model_variables(model).items() if id(v) in trainable}
    members: list[list] = [[] for _ in groups]
    faults = []
    for name, variable in named.items():
        fitting = [i for i, group in enumerate(groups) if re.fullmatch(group.pattern, name)]
        if len(fitting) == 1:
            members[fitting[0]].append(variable)
        elif fitting:
            faults.append(f"{name}: in all of {', '.join(groups[i].pattern for i in fitting)}")
        else:
            faults.append(f"{name}: in no group")
    unnamed = trainable.keys() - {id(variable) for variable in named.values()}
    keys = [_key(variable) for variable in trainable.values()]
    faults += [f"{_key(trainable[i])}: shares its <layer>/<variable> name" for i in unnamed]
    faults += [
        f"{key}: Keras's name of several variables" for key in set(keys) if keys.count(key) > 1
    ]
    faults += [
        f"group {group.pattern}: no trainable variable is called so"
        for group in groups
        if not any(re.fullmatch(group.pattern, name) for name in named)
    ]
    if faults:
        raise InputError(
            f"every trainable variable of {model.name} must be in exactly one group; correct the "
            "patterns:" + "".join(f"\n  {fault}" for fault in faults)
        )
    return members


def _key(variable):
    """What tells a variable from the model's others, in Keras's words."""
    return variable.name if KERAS_2 else variable.path
