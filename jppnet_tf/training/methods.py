"""How each network is trained: what one original did otherwise than the other.

A method has `build_network`, `reading`, `terms` and `build_optimizer`; all else is the same.
"""

import dataclasses
import typing

import keras

from jppnet_tf.data.crops import CropReading
from jppnet_tf.data.groups.reading import GroupReading
from jppnet_tf.data.scenes.reading import SceneReading
from jppnet_tf.data.squares import SquareReading
from jppnet_tf.models.families import FAMILIES, SCENES, family_of
from jppnet_tf.models.jppnet import JPPNet
from jppnet_tf.models.lip_net import LIPNet
from jppnet_tf.models.maps.colours import scale_rgb
from jppnet_tf.models.personlab import PersonLab
from jppnet_tf.models.ss_jppnet import SSJPPNet
from jppnet_tf.system.errors import InputError
from jppnet_tf.training.layer_rates import Group, build_grouped_momentum
from jppnet_tf.training.optimizers import Momentum
from jppnet_tf.training.people_terms import PeopleTerms
from jppnet_tf.training.settings import Settings
from jppnet_tf.training.terms import EnlargedTerms, MergedTerms, StageTerms


def choose_method(
    settings: Settings,
) -> "JPPNetMethod | SSJPPNetMethod | LIPNetMethod | PersonLabMethod":
    """The method that settings ask for, one of METHODS."""
    return METHODS[settings.model](settings)


def original_terms(network: keras.Model) -> StageTerms | MergedTerms | EnlargedTerms | PeopleTerms:
    """What the original trained a network for: the terms of its method's default settings."""
    family = family_of(network)
    return choose_method(Settings(model=family.name, size=family.input_hw[0])).terms


@dataclasses.dataclass(frozen=True)
class JPPNetMethod:
    """JPPNet's: squares, the terms of all stages, one rate.

    Attributes:
        settings: Settings.

    Reference:
        LIP_JPPNet train_JPPNet-s2.py.
    """

    settings: Settings

    def build_network(self, is_trained: bool = True) -> keras.Model:
        """The network, with random weights; one that is not trained holds a running average."""
        settings = self.settings
        training: dict[str, typing.Any] = {
            "update_statistics": settings.update_statistics,
            "head_initializer": settings.head_initializer,
        }
        return JPPNet(
            joints=settings.joints,
            refinements=settings.refinements,
            width=settings.width,
            units=settings.units,
            stem=settings.stem or None,
            **(training if is_trained else {}),
        )

    @property
    def reading(self) -> SquareReading:
        """How samples are read."""
        return _choose_squares(self.settings)

    @property
    def terms(self) -> StageTerms:
        """The terms of the loss."""
        settings = self.settings
        return StageTerms(
            settings.scales,
            settings.pose_weight,
            settings.enlarge,
            settings.structure,
            settings.dice_weight,
        )

    def build_optimizer(
        self, network: keras.Model, schedule: keras.optimizers.schedules.LearningRateSchedule
    ) -> keras.optimizers.Optimizer:
        """The optimizer of a network that `build_network` made."""
        return _build_plain(self.settings, schedule)


SS_GROUPS = (
    Group("fc8_human/kernel", rate=10),
    Group("fc8_human/bias", rate=20, l2=0),
    Group("(?!fc8_human/).*/kernel", rate=1),
    Group("(?!fc8_human/).*/bias", rate=2, l2=0),
)
"""SS-JPPNet's factors on the rate and on weight decay."""


@dataclasses.dataclass(frozen=True)
class SSJPPNetMethod:
    """SS-JPPNet's: crops, the terms of all scales, rates by layer, weight decay on kernels.

    Attributes:
        settings: Settings.

    Reference:
        LIP_SSL human/attention, train.prototxt and solver.prototxt.
    """

    settings: Settings

    def build_network(self, is_trained: bool = True) -> keras.Model:
        """The network, with random weights."""
        network = SSJPPNet(widths=self.settings.widths, seed=self.settings.seed)
        size = self.settings.size
        fitting = FAMILIES["ss_jppnet"].module.round_up(size)
        if fitting != size:
            raise InputError(
                f"settings: a size of {size} does not line up at all scales; the next is {fitting}"
            )
        return network

    @property
    def reading(self) -> CropReading:
        """How samples are read."""
        return CropReading(self.settings.size, self.settings.augmentation, self.settings.mirror)

    @property
    def terms(self) -> MergedTerms:
        """The terms of the loss."""
        return MergedTerms(self.settings.structure)

    def build_optimizer(
        self, network: keras.Model, schedule: keras.optimizers.schedules.LearningRateSchedule
    ) -> keras.optimizers.Optimizer:
        """The optimizer of a network that `build_network` made."""
        settings = self.settings
        if settings.optimizer == "adam":
            return _build_plain(settings, schedule)
        return build_grouped_momentum(
            network, SS_GROUPS, schedule, settings.momentum, settings.weight_decay
        )


@dataclasses.dataclass(frozen=True)
class LIPNetMethod:
    """LIP-Net's: squares of RGB / 255, losses at the label's size, one rate.

    Attributes:
        settings: Settings.

    Reference:
        "LIP Net: Real-Time Semantic Segmentation of Person Body Parts", ICROS 2020.
    """

    settings: Settings

    def build_network(self, is_trained: bool = True) -> keras.Model:
        """The network, with random weights."""
        settings = self.settings
        return LIPNet(
            input_shape=(None, None, 3),
            width=settings.width,
            dropout=settings.dropout,
            seed=settings.seed,
        )

    @property
    def reading(self) -> SquareReading:
        """How samples are read."""
        return _choose_squares(self.settings, has_pose=False, normalize=scale_rgb)

    @property
    def terms(self) -> EnlargedTerms:
        """The terms of the loss."""
        return EnlargedTerms(self.settings.losses, self.settings.structure)

    def build_optimizer(
        self, network: keras.Model, schedule: keras.optimizers.schedules.LearningRateSchedule
    ) -> keras.optimizers.Optimizer:
        """The optimizer of a network that `build_network` made."""
        return _build_plain(self.settings, schedule)


@dataclasses.dataclass(frozen=True)
class PersonLabMethod:
    """PersonLab's: views of pictures of many people, five terms, one rate.

    Attributes:
        settings: Settings.

    Reference:
        arXiv:1803.08225, section 4.1.
    """

    settings: Settings

    def build_network(self, is_trained: bool = True) -> keras.Model:
        """The network, with random weights; a running average of them predicts at stride 8."""
        settings = self.settings
        return PersonLab(
            stride=settings.stride if is_trained else 8,
            width=settings.width,
            trunk=settings.body,
            units=settings.units,
            stem=settings.stem or None,
        )

    @property
    def reading(self) -> GroupReading:
        """How samples are read."""
        settings = self.settings
        return GroupReading(
            settings.size,
            settings.stride,
            typing.cast(tuple[float, float], settings.augmentation),
            settings.mirror,
            settings.rotation,
            settings.light,
            settings.soften,
        )

    @property
    def terms(self) -> PeopleTerms:
        """The terms of the loss."""
        return PeopleTerms()

    def build_optimizer(
        self, network: keras.Model, schedule: keras.optimizers.schedules.LearningRateSchedule
    ) -> keras.optimizers.Optimizer:
        """The optimizer of a network that `build_network` made."""
        return _build_plain(self.settings, schedule)


METHODS: dict[str, type[JPPNetMethod | SSJPPNetMethod | LIPNetMethod | PersonLabMethod]] = {
    "jppnet": JPPNetMethod,
    "ss_jppnet": SSJPPNetMethod,
    "lip_net": LIPNetMethod,
    "personlab": PersonLabMethod,
}
"""How each of models.families.FAMILIES is trained."""


def _choose_squares(settings, **options):
    """The original's squares, or scenes if any of their settings is used."""
    options |= {"scales": settings.augmentation, "mirror": settings.mirror}
    scene = {name: getattr(settings, name) for name in SCENES}
    if all(value == getattr(SceneReading, name) for name, value in scene.items()):
        return SquareReading(settings.size, **options)
    return SceneReading(settings.size, **options, **scene)


def _build_plain(settings, schedule):
    """An optimizer with one rate for all layers."""
    clip = {"global_clipnorm": settings.clip_norm} if settings.clip_norm else {}
    if settings.optimizer == "adam":
        return keras.optimizers.Adam(schedule, **clip)
    return Momentum(schedule, settings.momentum, **clip)
