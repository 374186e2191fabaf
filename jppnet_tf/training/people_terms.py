"""What a network that finds several people is trained for; else as `terms`."""

import dataclasses
import typing
from collections.abc import Mapping

import tensorflow as tf

from jppnet_tf.models.maps.people.losses import WEIGHTS, compute_losses
from jppnet_tf.models.maps.people.targets import Targets, encode_people
from jppnet_tf.models.personlab import AUXILIARY, stride_of

if typing.TYPE_CHECKING:
    import keras


@dataclasses.dataclass(frozen=True)
class PeopleTerms:
    """PersonLab's: five terms, called as the outputs, by the paper's factors.

    Auxiliary outputs are five more, by the same factors.

    Reference:
        arXiv:1803.08225, section 3.
    """

    def weights(self, network: "keras.Model") -> dict[str, float]:
        """Each term's factor in the loss."""
        return {
            prefix + name: factor
            for prefix in ("", AUXILIARY)
            for name, factor in WEIGHTS.items()
            if prefix + name in network.output
        }

    def look(
        self, network: "keras.Model", image: tf.Tensor, training: bool | None = None
    ) -> dict[str, tf.Tensor]:
        """The network's outputs; as StageTerms.look."""
        return network(image, training=training)

    def compute(
        self, network: "keras.Model", batch: Mapping[str, tf.Tensor], training: bool | None = None
    ) -> dict[str, tf.Tensor]:
        """All terms, for each image; as StageTerms.compute.

        Args:
            network: functional PersonLab.
            batch: dict of `image`, `keypoints`, `masks` and `crowd`, as groups.GroupReading has it.
            training: as for any Keras model.
        """
        size_hw, stride = tf.shape(batch["image"])[1:3], stride_of(network)
        described = tf.map_fn(
            lambda each: encode_people(each[0], each[1], each[2], size_hw, stride),
            (batch["keypoints"], batch["masks"], batch["crowd"]),
            fn_output_signature=Targets(*[tf.float32] * len(Targets._fields)),
        )
        maps = self.look(network, batch["image"], training)
        losses = compute_losses(maps, described)
        others = {
            name.removeprefix(AUXILIARY): values
            for name, values in maps.items()
            if name.startswith(AUXILIARY)
        }
        if not others:
            return losses
        others = compute_losses(others, described)
        return losses | {AUXILIARY + name: loss for name, loss in others.items()}
