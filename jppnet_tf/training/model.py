"""A Keras model that owns everything that training adds to a network."""

import typing
from collections.abc import Mapping

import keras
import tensorflow as tf

from jppnet_tf.evaluation.metrics.lip_rules import require_lip
from jppnet_tf.models.families import family_of
from jppnet_tf.training.methods import original_terms
from jppnet_tf.training.terms import STRUCTURE

if typing.TYPE_CHECKING:
    from jppnet_tf.training.people_terms import PeopleTerms
    from jppnet_tf.training.terms import EnlargedTerms, MergedTerms, StageTerms


class TrainingModel(keras.Model):
    """Trains a network for the terms of a loss, through `compile` and `fit`.

    The loss is the sum of the terms, each times its factor. Each term is a metric of its own.

    It is fed with batches of `data.pipeline.build_dataset`. A batch whose loss or gradients are
    not finite changes nothing: `fit` ends with tf.errors.InvalidArgumentError.

    Args:
        network: functional model of this package.
        terms: terms.StageTerms or terms.MergedTerms; None is what the original trained such a
            network for.
        accumulate: into how many parts a batch is cut, to be looked at one after the other; saves
            memory and changes nothing else.
        auxiliary: a model with the network's layers and further outputs, for which it is trained
            too; the network itself stays as it is.

    Raises:
        InputError: the structure error is a term, and the network's classes are not LIP's.
    """

    def __init__(
        self,
        network: keras.Model,
        terms: "StageTerms | MergedTerms | EnlargedTerms | PeopleTerms | None" = None,
        accumulate: int = 1,
        auxiliary: keras.Model | None = None,
        **kwargs: typing.Any,
    ) -> None:
        super().__init__(**kwargs)
        self.network = network
        self.terms = terms or original_terms(network)
        self.accumulate = int(accumulate)
        self.auxiliary = auxiliary
        self._weights_of_terms = self.terms.weights(self._judged)
        if STRUCTURE in self._weights_of_terms:
            require_lip("the structure error", family_of(network).classes)
        self._means = {name: keras.metrics.Mean(name=name) for name in self._weights_of_terms}
        self._loss = keras.metrics.Mean(name="loss")
        self.built = True  # the network is; nothing else has variables

    def compile(
        self, optimizer: keras.optimizers.Optimizer, jit_compile: bool = False, **kwargs: typing.Any
    ) -> None:
        """As keras.Model.compile; XLA does not know TF1's resizes, so it is off."""
        super().compile(optimizer=optimizer, jit_compile=jit_compile, **kwargs)

    @property
    def _judged(self):
        """The model whose outputs the terms judge."""
        return self.network if self.auxiliary is None else self.auxiliary

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """The loss and its terms: list of keras.metrics.Mean."""
        return [self._loss, *self._means.values()]

    def call(self, image: tf.Tensor, training: bool | None = None) -> dict:
        """The maps that the terms judge, as their `look` gives them."""
        return self.terms.look(self._judged, image, training=training)

    def compute_terms(
        self, batch: Mapping[str, tf.Tensor], training: bool | None = None
    ) -> dict[str, tf.Tensor]:
        """All terms of the loss, for each image, as their `compute` gives them."""
        return self.terms.compute(self._judged, batch, training=training)

    def train_step(self, data: tuple | dict) -> dict[str, tf.Tensor]:
        """One update; called by `fit`."""
        batch, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        if self.accumulate == 1:
            terms, gradients = self.compute_gradients(batch)
        else:
            terms, gradients = self._accumulate_gradients(batch)
        loss = self._add_terms(terms)
        with tf.control_dependencies([self._check_finite(loss, gradients)]):
            gradients = [tf.identity(gradient) for gradient in gradients]
            self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        return self._update_metrics(loss, terms)

    def test_step(self, data: tuple | dict) -> dict[str, tf.Tensor]:
        """The terms without an update; called by `evaluate`."""
        batch, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        terms = {name: tf.reduce_mean(v) for name, v in self.compute_terms(batch).items()}
        return self._update_metrics(self._add_terms(terms), terms)

    def _add_terms(self, terms):
        """The loss."""
        weights = self._weights_of_terms
        return tf.add_n([weights[name] * value for name, value in terms.items()])

    def _update_metrics(self, loss, terms):
        self._loss.update_state(loss)
        for name, value in terms.items():
            self._means[name].update_state(value)
        return {metric.name: metric.result() for metric in self.metrics}

    def compute_gradients(
        self, batch: Mapping[str, tf.Tensor]
    ) -> tuple[dict[str, tf.Tensor], list[tf.Tensor]]:
        """The terms of a batch, and what each variable has to do with them.

        Args:
            batch: as for `compute_terms`.

        Returns:
            dict of a term's name to its mean over the images, float32 scalar; and the gradients
            of the loss, in the order of `trainable_variables`. Of several replicas, each has
            its share of the gradients: they are to be summed.
        """
        with tf.GradientTape() as tape:
            terms = self.compute_terms(batch, training=True)
            terms = {name: tf.reduce_mean(values) for name, values in terms.items()}
            # Gradients are summed over replicas, and each has as many images.
            replicas = tf.distribute.get_strategy().num_replicas_in_sync
            loss = _scale_loss(self.optimizer, self._add_terms(terms) / replicas)
        gradients = tape.gradient(loss, self.trainable_variables)
        return terms, _unscale_gradients(self.optimizer, gradients)

    def _accumulate_gradients(self, batch):
        """The same, looking at one part of the batch after the other."""
        parts = {key: self._cut(values) for key, values in batch.items()}

        def add_part(number, terms, gradients):
            part = {key: values[number] for key, values in parts.items()}
            new_terms, new_gradients = self.compute_gradients(part)
            terms = {
                name: terms[name] + value / self.accumulate for name, value in new_terms.items()
            }
            pairs = zip(gradients, new_gradients, strict=True)
            return number + 1, terms, [total + new / self.accumulate for total, new in pairs]

        zeros = {name: tf.constant(0.0) for name in self._means}
        start = (0, zeros, [tf.zeros_like(variable) for variable in self.trainable_variables])
        _, terms, gradients = tf.while_loop(
            lambda number, *_: number < self.accumulate, add_part, start, parallel_iterations=1
        )
        return terms, gradients

    def _cut(self, values):
        """[batch, ...] as [accumulate, batch / accumulate, ...]."""
        count = values.shape[0]
        part = -1 if count is None else count // self.accumulate
        return tf.reshape(values, [self.accumulate, part, *values.shape[1:]])

    def _check_finite(self, loss, gradients):
        # With a loss scale, gradients overflow now and then, and the optimizer leaves them out.
        checked = [loss]
        if not _has_loss_scale(self.optimizer):
            checked.append(tf.linalg.global_norm(gradients))
        finite = tf.reduce_all(tf.math.is_finite(tf.stack(checked)))
        return tf.debugging.Assert(finite, ["loss and gradient norm are not finite:", *checked])


# Where the two Keras generations differ: Keras 2 leaves both steps of loss scaling to whoever
# takes the gradients, Keras 3 does the second one itself.
def _has_loss_scale(optimizer):
    return hasattr(optimizer, "inner_optimizer")


def _scale_loss(optimizer, loss):
    if hasattr(optimizer, "get_scaled_loss"):
        return optimizer.get_scaled_loss(loss)
    return optimizer.scale_loss(loss) if _has_loss_scale(optimizer) else loss


def _unscale_gradients(optimizer, gradients):
    if hasattr(optimizer, "get_unscaled_gradients"):
        return optimizer.get_unscaled_gradients(gradients)
    return gradients
