"""A Keras model that owns everything that training adds to a network."""

import keras
import tensorflow as tf

from jppnet_tf import ops
from jppnet_tf.losses import parsing_loss, pose_loss


class TrainingModel(keras.Model):
    """Trains a network at several scales at once, through `compile` and `fit`.

    The image goes through the network at each scale. Each stage's maps are judged at each scale
    and, of several scales, fused at the size of scale 1: with two refinements and three scales,
    that makes 24 terms, and the loss is their sum. Each term is a metric, called
    `<map>_<scale or "fused">`, such as `parsing_2_x0.75` and `pose_3_fused`.

    It is fed with batches of `data.pipeline.build_dataset`. A batch whose loss or gradients are
    not finite changes nothing: `fit` ends with tf.errors.InvalidArgumentError.

    Args:
        network: functional JPPNet.
        scales: factors on the image's size; the first is 1.
        accumulate: into how many parts a batch is cut, to be looked at one after the other; saves
            memory and changes nothing else.
        pose_weight: factor on the terms of pose in the loss; 1 is the original's.
        enlarge: by how much logits are enlarged before they are compared with the labels, so that
            these are seen finer; 1 is the original's.

    Reference:
        LIP_JPPNet train_JPPNet-s2.py, main.
    """

    def __init__(
        self, network, scales=(1, 0.75, 0.5), accumulate=1, pose_weight=1.0, enlarge=1, **kwargs
    ):
        super().__init__(**kwargs)
        self.network = network
        self.scales = tuple(scales)
        self.accumulate = int(accumulate)
        self.pose_weight = float(pose_weight)
        self.enlarge = int(enlarge)
        self._terms = {
            name: keras.metrics.Mean(name=name)
            for output in network.output
            for name in self._term_names(output)
        }
        self._loss = keras.metrics.Mean(name="loss")
        self.built = True  # the network is; nothing else has variables

    def _term_names(self, output):
        names = [f"{output}_x{scale:g}" for scale in self.scales]
        return [f"{output}_fused", *names] if len(names) > 1 else names

    def compile(self, optimizer, jit_compile=False, **kwargs):
        """As keras.Model.compile; XLA does not know TF1's resizes, so it is off."""
        super().compile(optimizer=optimizer, jit_compile=jit_compile, **kwargs)

    @property
    def metrics(self):
        """The loss and its terms: list of keras.metrics.Mean."""
        return [self._loss, *self._terms.values()]

    def call(self, image, training=None):
        """All maps at all scales.

        Args:
            image: float32 [batch, h, w, 3], BGR minus mean.
            training: as for any Keras model.

        Returns:
            dict of the network's outputs to a list: the fused map, if there are several scales,
            and the map of each scale.
        """
        size_hw = tf.cast(tf.shape(image)[1:3], tf.float32)
        inputs = [image]
        for scale in self.scales[1:]:
            inputs.append(ops.resize_bilinear(image, tf.cast(size_hw * scale, tf.int32)))
        maps = [self.network(scaled, training=training) for scaled in inputs]
        return {
            name: _fuse([scaled[name] for scaled in maps], name.startswith("parsing"))
            for name in maps[0]
        }

    def compute_terms(self, batch, training=None):
        """All terms of the loss, for each image.

        Args:
            batch: dict of `image`, `label`, `heatmap`, `has_joints` as
                `data.pipeline.build_dataset` gives it.
            training: as for any Keras model.

        Returns:
            dict of a term's name to float32 [batch]. Images without joints have pose terms of 0.
        """
        terms = {}
        for output, maps in self(batch["image"], training=training).items():
            for name, values in zip(self._term_names(output), maps, strict=True):
                if output.startswith("parsing"):
                    terms[name] = parsing_loss(batch["label"], self._enlarged(values))
                else:
                    terms[name] = pose_loss(batch["heatmap"], values) * batch["has_joints"]
        return terms

    def _enlarged(self, logits):
        if self.enlarge == 1:
            return logits
        return ops.resize_bilinear(logits, tf.shape(logits)[1:3] * self.enlarge)

    def train_step(self, data):
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

    def test_step(self, data):
        """The terms without an update; called by `evaluate`."""
        batch, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        terms = {name: tf.reduce_mean(v) for name, v in self.compute_terms(batch).items()}
        return self._update_metrics(self._add_terms(terms), terms)

    def _add_terms(self, terms):
        """The loss."""
        weights = {"parsing": 1.0, "pose": self.pose_weight}
        return tf.add_n([weights[name.split("_")[0]] * value for name, value in terms.items()])

    def _update_metrics(self, loss, terms):
        self._loss.update_state(loss)
        for name, value in terms.items():
            self._terms[name].update_state(value)
        return {metric.name: metric.result() for metric in self.metrics}

    def compute_gradients(self, batch):
        """The terms of a batch, and what each variable has to do with them.

        Args:
            batch: as for `compute_terms`.

        Returns:
            dict of a term's name to its mean over the images, float32 scalar; and the gradients
            of their sum, in the order of `trainable_variables`. Of several replicas, each has
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

        zeros = {name: tf.constant(0.0) for name in self._terms}
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


def _fuse(maps, bilinear):
    """The mean of all maps at the size of the first, and the maps themselves: a list."""
    if len(maps) == 1:
        return maps
    resize = ops.resize_bilinear if bilinear else ops.resize_nearest
    size_hw = tf.shape(maps[0])[1:3]
    resized = [resize(values, size_hw) for values in maps[1:]]
    return [tf.add_n([maps[0], *resized]) / len(maps), *maps]


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
