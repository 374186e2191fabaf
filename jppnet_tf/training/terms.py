"""What each kind of network is trained for: the terms of its loss.

All kinds have `weights(network)`, dict of a term's name to its factor in the loss (terms of
factor 0 are watched only); `look(network, image)`, the maps that are judged; and
`compute(network, batch)`, dict of a term's name to its value for each image, float32 [batch].
"""

import dataclasses
import typing
from collections.abc import Mapping

import tensorflow as tf

from jppnet_tf.evaluation.metrics.structure import STRIDE
from jppnet_tf.labels import IGNORE
from jppnet_tf.models.maps.resizing import interp, resize_bilinear, resize_nearest
from jppnet_tf.training.losses import (
    border_loss,
    cross_entropy,
    dice_loss,
    parsing_loss,
    pose_loss,
    resize_label,
    structure_error,
    structure_loss,
)

if typing.TYPE_CHECKING:
    import keras

LOSSES = {"border": border_loss, "dice": dice_loss, "cross_entropy": cross_entropy}
"""What LIP-Net can be trained for."""

STRUCTURE = "structure"
"""The term that is the structure error; it is defined for LIP's classes only."""


@dataclasses.dataclass(frozen=True)
class StageTerms:
    """JPPNet's: each stage's maps, at each scale and fused.

    The image goes through the network at each scale. Each stage's maps are judged at each scale
    and, of several scales, fused at the size of scale 1: with two refinements and three scales,
    that makes 24 terms. They are called `<map>_<scale or "fused">`, such as `parsing_2_x0.75` and
    `pose_3_fused`.

    Attributes:
        scales: factors on the image's size; the first is 1.
        pose_weight: factor on the terms of pose in the loss; 1 is the original's.
        enlarge: by how much logits are enlarged before they are compared with the labels, so that
            these are seen finer; 1 is the original's.
        structure: "paper" or "released" as for `losses.structure_loss`, with the error of the
            last stage as the term `structure`; "" is the original's, without.
        dice_weight: factor on the Dice loss that is added to each cross-entropy; 0 is the
            original's.

    Reference:
        LIP_JPPNet train_JPPNet-s2.py, main.
    """

    scales: tuple[float, ...] = (1, 0.75, 0.5)
    pose_weight: float = 1.0
    enlarge: int = 1
    structure: str = ""
    dice_weight: float = 0.0

    def weights(self, network: "keras.Model") -> dict[str, float]:
        """Each term's factor in the loss."""
        factors = {"parsing": 1.0, "pose": float(self.pose_weight)}
        weights = {
            name: factors[name.split("_")[0]]
            for output in network.output
            for name in self._names(output)
        }
        return weights | {STRUCTURE: 0.0} if self.structure else weights

    def _names(self, output):
        names = [f"{output}_x{scale:g}" for scale in self.scales]
        return [f"{output}_fused", *names] if len(names) > 1 else names

    def look(
        self, network: "keras.Model", image: tf.Tensor, training: bool | None = None
    ) -> dict[str, list[tf.Tensor]]:
        """All maps at all scales.

        Args:
            network: functional JPPNet.
            image: float32 [batch, h, w, 3], BGR minus mean.
            training: as for any Keras model.

        Returns:
            dict of the network's outputs to a list: the fused map, if there are several scales,
            and the map of each scale.
        """
        size_hw = tf.cast(tf.shape(image)[1:3], tf.float32)
        inputs = [image]
        for scale in self.scales[1:]:
            inputs.append(resize_bilinear(image, tf.cast(size_hw * scale, tf.int32)))
        maps = [network(scaled, training=training) for scaled in inputs]
        return {
            name: _fuse([scaled[name] for scaled in maps], name.startswith("parsing"))
            for name in maps[0]
        }

    def compute(
        self, network: "keras.Model", batch: Mapping[str, tf.Tensor], training: bool | None = None
    ) -> dict[str, tf.Tensor]:
        """All terms, for each image.

        Args:
            network: functional JPPNet.
            batch: dict of `image`, `label` and, for a network of both tasks, `heatmap` and
                `has_joints`, as `data.pipeline.build_dataset` gives it.
            training: as for any Keras model.

        Returns:
            dict of a term's name to float32 [batch]. Images without joints have pose terms of 0.
        """
        terms = {}
        outputs = self.look(network, batch["image"], training=training)
        for output, maps in outputs.items():
            for name, values in zip(self._names(output), maps, strict=True):
                if output.startswith("parsing"):
                    terms[name] = self._parsing_loss(batch["label"], self._enlarged(values))
                else:
                    terms[name] = pose_loss(batch["heatmap"], values) * batch["has_joints"]
        if not self.structure:
            return terms
        logits = outputs[max(name for name in outputs if name.startswith("parsing"))][0]
        label = resize_label(batch["label"], tf.shape(logits)[1:3])
        return _with_structure(terms, label, logits, self.structure)

    def _parsing_loss(self, label, logits):
        loss = parsing_loss(label, logits)
        if not self.dice_weight:
            return loss
        label = resize_label(label, tf.shape(logits)[1:3])
        # An image without any labelled pixel has none, too.
        known = tf.reduce_any((label >= 0) & (label < logits.shape[-1]), axis=(1, 2))
        return loss + self.dice_weight * tf.where(known, dice_loss(label, logits), 0)

    def _enlarged(self, logits):
        if self.enlarge == 1:
            return logits
        return resize_bilinear(logits, tf.shape(logits)[1:3] * self.enlarge)


def _fuse(maps, bilinear):
    """The mean of all maps at the size of the first, and the maps themselves: a list."""
    if len(maps) == 1:
        return maps
    resize = resize_bilinear if bilinear else resize_nearest
    size_hw = tf.shape(maps[0])[1:3]
    resized = [resize(values, size_hw) for values in maps[1:]]
    return [tf.add_n([maps[0], *resized]) / len(maps), *maps]


@dataclasses.dataclass(frozen=True)
class MergedTerms:
    """SS-JPPNet's: the merged logits and those of each scale.

    Each is compared with the label's pixels that lie on its cells: every eighth, and every
    sixteenth for scale 1/2; the logits of scale 3/4, whose cells lie between pixels, are enlarged
    to scale 1 before. Terms are called as the outputs; the error, `structure`, is always watched.

    Attributes:
        structure: "paper" or "released" as for `losses.structure_loss`, with the error of the
            merged logits; "" is the same as "released".

    Reference:
        LIP_SSL human/attention/train.prototxt.
    """

    structure: str = ""

    def weights(self, network: "keras.Model") -> dict[str, float]:
        """Each term's factor in the loss."""
        return {name: 1.0 for name in network.output if name.startswith("parsing")} | {
            STRUCTURE: 0.0
        }

    def look(
        self, network: "keras.Model", image: tf.Tensor, training: bool | None = None
    ) -> dict[str, tf.Tensor]:
        """The maps that are judged, dict of the network's outputs; as StageTerms.look."""
        outputs = network(image, training=training)
        maps = {name: values for name, values in outputs.items() if name.startswith("parsing")}
        maps["parsing_scale_075"] = interp(maps["parsing_scale_075"], 3, 4)
        return maps

    def compute(
        self, network: "keras.Model", batch: Mapping[str, tf.Tensor], training: bool | None = None
    ) -> dict[str, tf.Tensor]:
        """All terms, for each image; as StageTerms.compute. Only `image` and `label` are read."""
        maps = self.look(network, batch["image"], training=training)
        terms = {
            name: cross_entropy(
                _at_cells(batch["label"], 16 if name == "parsing_scale_05" else 8, logits), logits
            )
            for name, logits in maps.items()
        }
        label = _at_cells(batch["label"], 8, maps["parsing"])
        return _with_structure(terms, label, maps["parsing"], self.structure)


@dataclasses.dataclass(frozen=True)
class EnlargedTerms:
    """LIP-Net's: its logits at the size of the label.

    Terms are called `parsing_<loss>`.

    Attributes:
        losses: names in LOSSES; their sum is the loss.
        structure: "paper" or "released" as for `losses.structure_loss`, with the error as the
            term `structure`; "" is the original's, without.

    Reference:
        LIP-Net's repository.
    """

    losses: tuple[str, ...] = ("border",)
    structure: str = ""

    def weights(self, network: "keras.Model") -> dict[str, float]:
        """Each term's factor in the loss."""
        weights = {f"parsing_{name}": 1.0 for name in self.losses}
        return weights | {STRUCTURE: 0.0} if self.structure else weights

    def look(
        self, network: "keras.Model", image: tf.Tensor, training: bool | None = None
    ) -> dict[str, tf.Tensor]:
        """The logits, as StageTerms.look."""
        return {"parsing": network(image, training=training)["parsing"]}

    def compute(
        self, network: "keras.Model", batch: Mapping[str, tf.Tensor], training: bool | None = None
    ) -> dict[str, tf.Tensor]:
        """All terms, for each image; as StageTerms.compute. Only `image` and `label` are read."""
        logits = self.look(network, batch["image"], training=training)["parsing"]
        terms = {f"parsing_{name}": LOSSES[name](batch["label"], logits) for name in self.losses}
        if not self.structure:
            return terms
        # The error's grid, as `metrics.structure` has it.
        cells = logits[:, ::STRIDE, ::STRIDE]
        return _with_structure(
            terms, _at_cells(batch["label"], STRIDE, cells), cells, self.structure
        )


def _at_cells(label, stride, logits):
    """The label's pixels on the cells of a map; of even sizes, the last cells lie outside."""
    label = label[:, ::stride, ::stride]
    missing = tf.shape(logits)[1:3] - tf.shape(label)[1:3]
    paddings = tf.pad(missing[:, None], [[1, 0], [1, 0]])
    return tf.pad(label, paddings, constant_values=IGNORE)


def _with_structure(terms, label, logits, structure):
    """The terms as structure-sensitive training has them, and the error beside them."""
    error = structure_error(label, tf.argmax(logits, axis=-1, output_type=tf.int32))
    return {
        name: structure_loss(values, error, structure) if name.startswith("parsing") else values
        for name, values in terms.items()
    } | {STRUCTURE: error}
