"""One card for each network: what the rest of the package must know of it.

Loading, prediction, training, conversion and export read the card; none guesses a network from
its outputs or from the names of its variables. This module is plain Python: builders load when
they are asked for.
"""

import dataclasses
import importlib
import types
import typing
from collections.abc import Mapping, Sequence

from jppnet_tf.labels import COCO_JOINTS, LIP, LIP_JOINTS, PERSON, Classes, Joints
from jppnet_tf.system.errors import InputError

if typing.TYPE_CHECKING:
    import keras

    from jppnet_tf.models.maps.codec import Codec
    from jppnet_tf.models.maps.framing import Framing


@dataclasses.dataclass(frozen=True)
class Stage:
    """The names of the outputs that belong together; `pose` is None in networks that parse only."""

    parsing: str
    pose: str | None = None


@dataclasses.dataclass(frozen=True)
class Family:
    """A network's card.

    Attributes:
        name: what settings and flags call it; also its Keras model's name, and its module's.
        builder: the name of its builder, which weights' files state.
        input_hw: (height, width) that the released weights work at.
        framing: how an image lies in its input: a class of `maps.framing`.
        stages: its outputs that are predictions, the unrefined ones first. A model may lack the
            later ones, and their heatmaps. None of a network that finds people.
        finds_people: whether it finds several people, and their masks and joints; else it labels
            one person's parts.
        classes: what the channels of its logits stand for; of a network that finds people, what
            its label maps tell.
        joints: what the channels of its heatmaps stand for; None of networks that parse only.
        last_of_ties: which of several equal classes a pixel gets: the last one, or the first.
        enlarged: the output that holds its logits at the input's size, if it has one.
        settings: the settings of training that not all networks have.
        from_tf1: whether it was released as a TF1 checkpoint.
        trunk: what it may start from, trained on photographs: "resnet", "resnet_v2", "vgg" or
            nothing.
    """

    name: str
    builder: str
    input_hw: tuple[int, int]
    framing: str
    stages: tuple[Stage, ...] = ()
    finds_people: bool = False
    classes: Classes = LIP
    joints: Joints | None = None
    last_of_ties: bool = False
    enlarged: str | None = None
    settings: tuple[str, ...] = ()
    from_tf1: bool = False
    trunk: str = ""

    @property
    def module(self) -> types.ModuleType:
        """The module with its builder, `variable_shapes`, `config_of`, and perhaps `round_up`."""
        return importlib.import_module(f"jppnet_tf.models.{self.name}")

    def build(self, **config: typing.Any) -> "keras.Model":
        """Builds the network, with random weights; the arguments are the builder's."""
        return getattr(self.module, self.builder)(**config)

    def variable_shapes(self, **config: typing.Any) -> dict[str, tuple[int, ...]]:
        """The variables of the network with these arguments: `<layer>/<variable>` to shape."""
        return self.module.variable_shapes(**config)

    def config_of(self, shapes: dict[str, tuple[int, ...]]) -> dict:
        """The builder's arguments for the network whose variables have these shapes."""
        return self.module.config_of(shapes)

    def trunk_of(self, shapes: Mapping[str, tuple[int, ...]]) -> str:
        """What the network with these variables may start from: `trunk`, or another that it has."""
        other = getattr(self.module, "trunk_of", None)
        return self.trunk if other is None else other(shapes)

    def build_framing(self, input_hw: Sequence[int]) -> "Framing":
        """How images lie in an input of (height, width) at scale 1."""
        framing = importlib.import_module("jppnet_tf.models.maps.framing")
        return getattr(framing, self.framing)(input_hw, getattr(self.module, "round_up", None))

    def build_codec(self, classes: Classes | None = None, joints: Joints | None = None) -> "Codec":
        """What maps mean: the card's classes and joints, or others with as many channels."""
        codec = importlib.import_module("jppnet_tf.models.maps.codec")
        return codec.Codec(classes or self.classes, joints or self.joints, self.last_of_ties)

    def codec_of(
        self, model: "keras.Model", classes: Classes | None = None, joints: Joints | None = None
    ) -> "Codec":
        """What the maps of a model of this family mean.

        Args:
            model: one of this family.
            classes, joints: as for `build_codec`.

        Raises:
            InputError: the model has another number of channels than there are classes or joints.
        """
        codec = self.build_codec(classes, joints)
        last = self.stages_of(model)[-1]
        for what, output, known in (
            ("classes", last.parsing, codec.classes),
            ("joints", last.pose, codec.joints),
        ):
            if output is None or known is None:
                continue
            count = model.output[output].shape[-1]
            if count != len(known.names):
                raise InputError(
                    f"the model has {count} {what}, and {len(known.names)} are known: pass "
                    f"{what}=, which says what they stand for"
                )
        return codec

    def stages_of(self, model: "keras.Model") -> tuple[Stage, ...]:
        """The stages that a model of this family has, without the heatmaps that it lacks."""
        return tuple(
            Stage(stage.parsing, stage.pose if stage.pose in model.output else None)
            for stage in self.stages
            if stage.parsing in model.output
        )


SCENES = ("zoom", "rotation", "aspect", "light", "soften", "paste")
"""The settings of samples that are drawn as scenes."""

FAMILIES = {
    family.name: family
    for family in (
        Family(
            "jppnet",
            builder="JPPNet",
            input_hw=(384, 384),
            framing="Stretched",
            stages=tuple(Stage(f"parsing_{n}", f"pose_{n}") for n in (1, 2, 3)),
            joints=LIP_JOINTS,
            settings=(
                "joints",
                "refinements",
                "width",
                "units",
                "stem",
                "head_initializer",
                "update_statistics",
                "scales",
                "pose_weight",
                "enlarge",
                "dice_weight",
                "pose_only",
                *SCENES,
            ),
            from_tf1=True,
            trunk="resnet",
        ),
        Family(
            "ss_jppnet",
            builder="SSJPPNet",
            input_hw=(640, 640),
            framing="Padded",
            stages=(Stage("parsing"),),
            last_of_ties=True,
            settings=("widths", "weight_decay"),
            trunk="vgg",
        ),
        Family(
            "lip_net",
            builder="LIPNet",
            input_hw=(512, 512),
            framing="Quartered",
            stages=(Stage("parsing_quarter"),),
            enlarged="parsing",
            settings=("width", "dropout", "losses", *SCENES),
        ),
        Family(
            "personlab",
            builder="PersonLab",
            input_hw=(801, 801),
            framing="Fitted",
            finds_people=True,
            classes=PERSON,
            joints=COCO_JOINTS,
            settings=(
                "width",
                "units",
                "stem",
                "body",
                "stride",
                "auxiliary",
                "rotation",
                "light",
                "soften",
            ),
            trunk="resnet_v2",
        ),
    )
}
"""The cards by name."""

BUILDERS = {family.builder: family for family in FAMILIES.values()}
"""The cards by the names of the builders."""


def family_of(model: "keras.Model") -> Family:
    """The card of a model.

    Raises:
        InputError: the model is not one of this package's networks.
    """
    if model.name not in FAMILIES:
        raise InputError(
            f"the model is called {model.name!r}, and is not one of this package's networks: "
            f"{', '.join(BUILDERS)} call theirs {', '.join(FAMILIES)}"
        )
    return FAMILIES[model.name]
