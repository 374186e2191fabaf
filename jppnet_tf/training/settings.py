"""The settings of a training run. Plain Python."""

import dataclasses
import typing
from collections.abc import Sequence

from jppnet_tf.labels import LIP_JOINTS, VOCABULARIES
from jppnet_tf.models.families import FAMILIES
from jppnet_tf.models.precision import PRECISIONS
from jppnet_tf.system.errors import InputError

OPTIMIZERS = ("momentum", "adam")
HEAD_INITIALIZERS = ("", "he_normal")
STRUCTURES = ("", "paper", "released")
LOSSES = ("border", "dice", "cross_entropy")
BODIES = ("resnet_v2", "resnet_v1", "resnet_v1_slim")


@dataclasses.dataclass(frozen=True)
class Settings:
    """Everything that decides how a network is trained; the defaults are JPPNet's original's.

    Attributes:
        model: a name in models.families.FAMILIES; some settings are for some of them only, as
            their cards have it.
        classes: what the ids of label maps stand for, "lip" or "cihp"; the weights state it.
        joints: LIP's 16, or 0 for a network that parses only (then `refinements` is 0).
        refinements, width, units: of the network, see JPPNet.
        stem: of the network, see JPPNet; 0 is what `width` makes it.
        widths: of the network, see SSJPPNet.
        dropout: of the network, see LIPNet, which has `width` too.
        body: of the network, PersonLab's `trunk`; it has `width`, `units` and `stem` too.
        stride: of the network while it trains, see PersonLab; it predicts at 8.
        auxiliary: whether PersonLab trains heads in the middle of its trunk, too, which it does
            without later.
        initial_weights: path of a TF1 checkpoint, a caffemodel, a safetensors file, an ImageNet
            file of keras.applications (.h5) or open_nsfw's (.onnx), or the name of weights that
            ship; "" starts from random numbers.
        head_initializer: of heads without initial weights, see JPPNet.
        size: side of the squares that are trained on, in pixels.
        predict_size: side of the squares that images are predicted in, for validation and by
            default wherever the weights are used later; 0 is `size`.
        scales: factors on `size` at which the network looks at each sample; the first is 1.
        augmentation: of "jppnet", "lip_net" and "personlab", range of the random factor on `size`
            that samples are read at; of "ss_jppnet", the factors one of which an image's own size
            is multiplied by.
        mirror: whether every other sample is mirrored.
        zoom, rotation, aspect, light, soften, paste: of scenes, see SceneReading.
        pose_only: whether images with joints and without label train pose.
        balance: share of the images with a class below which these come more often in an epoch,
            the rarer the class the more (by the root); 0 never.
        repeat: how often labelled images come in an epoch, for each time that others do.
        dice_weight: factor on the Dice loss of the parsing, added to each term's cross-entropy.
        pose_weight: factor on the terms of pose in the loss.
        enlarge: by how much logits are enlarged before they are compared with the labels.
        losses: of "lip_net", what is added up: "border", "dice", "cross_entropy".
        structure: "paper" for the structure-sensitive loss, "released" to only watch its error,
            see `losses.structure_loss`; "" is without.
        batch: samples per update, over all devices.
        accumulate: into how many parts each device cuts its share of a batch, to save memory.
        epochs: how many times the whole set is seen.
        epoch_steps: how many updates are called an epoch; 0 is as many as see the whole set.
        planned_epochs: where the rate would reach 0.
        rate: the learning rate at the start.
        power: of the rate's decline, rate * (1 - step / planned steps) ^ power; 0 keeps the rate.
        warmup_steps: during how many first steps the rate grows from 0.
        optimizer: "momentum" (TF1's rule) or "adam".
        momentum: what momentum keeps of its accumulator.
        weight_decay: of "ss_jppnet", times its kernels added to their gradients (l2).
        clip_norm: gradients with a larger norm, all of them together, are shortened to it; 0 never.
        update_statistics: whether batch normalization learns its statistics.
        average: decay of the weights' running average, which is then what is validated and
            kept; 0 keeps none.
        precision: what layers compute in: "float32", "bfloat16" or "float16".
        seed: what chance follows from.
        validation_images: how many of the validation set are looked at; 0 is all.
        save_steps: after how many steps the state is saved, beside each epoch's end.
        log_steps: after how many steps losses and rate are written for TensorBoard.
    """

    model: str = "jppnet"
    classes: str = "lip"
    joints: int = len(LIP_JOINTS.names)
    refinements: int = 2
    width: float = 1.0
    units: tuple[int, ...] = (3, 4, 23, 3)
    stem: int = 0
    widths: tuple[int, ...] = (64, 128, 256, 512, 1024)
    dropout: float = 0.25
    body: str = "resnet_v2"
    stride: int = 16
    auxiliary: bool = False
    initial_weights: str = ""
    head_initializer: str = ""
    size: int = 384
    predict_size: int = 0
    scales: tuple[float, ...] = (1.0, 0.75, 0.5)
    augmentation: tuple[float, ...] = (0.75, 1.25)
    mirror: bool = True
    zoom: float = 1.0
    rotation: float = 0.0
    aspect: float = 1.0
    light: float = 0.0
    soften: float = 0.0
    paste: float = 0.0
    pose_only: bool = False
    balance: float = 0.0
    repeat: int = 1
    dice_weight: float = 0.0
    pose_weight: float = 1.0
    enlarge: int = 1
    losses: tuple[str, ...] = ("border",)
    structure: str = ""
    batch: int = 4
    accumulate: int = 1
    epochs: int = 27
    planned_epochs: int = 35
    epoch_steps: int = 0
    rate: float = 1e-4
    power: float = 0.9
    warmup_steps: int = 0
    optimizer: str = "momentum"
    momentum: float = 0.9
    weight_decay: float = 0.0
    clip_norm: float = 0.0
    update_statistics: bool = False
    average: float = 0.0
    precision: str = "float32"
    seed: int = 0
    validation_images: int = 0
    save_steps: int = 1000
    log_steps: int = 20

    @property
    def predict_hw(self) -> tuple[int, int]:
        """(height, width) that images are predicted in."""
        return (self.predict_size or self.size,) * 2

    def __post_init__(self) -> None:
        wrong = [text for good, text in self._rules() if not good] + self._strangers()
        if wrong:
            raise InputError("settings: " + "; ".join(wrong))

    def _rules(self):
        """Pairs of whether a rule is kept, and the rule."""
        is_jppnet, is_ss_jppnet = self.model == "jppnet", self.model == "ss_jppnet"
        return (
            (self.model in FAMILIES, f"model is one of {', '.join(FAMILIES)}"),
            (
                self.joints in (0, len(LIP_JOINTS.names)),
                f"joints must be {len(LIP_JOINTS.names)} or 0",
            ),
            (
                self.size >= 16 and not (is_jppnet and self.size % 8),
                "size must be a multiple of 8" if is_jppnet else "size starts at 16",
            ),
            (
                self.model != "personlab" or self.size % self.stride == 1,
                f"size of personlab must be a multiple of the stride, {self.stride}, plus 1",
            ),
            (self.body in BODIES, f"body is one of {', '.join(BODIES)}"),
            (
                self.stride in ((8,) if self.body == "resnet_v1" else (8, 16, 32)),
                "stride is 8, 16 or 32; with body=resnet_v1 it is 8",
            ),
            (not self.auxiliary or self.stride < 32, "auxiliary needs a stride of 8 or 16"),
            (self.predict_size == 0 or self.predict_size >= 16, "predict_size is 0, or from 16 up"),
            (
                self.scales[:1] == (1.0,)
                and min(self.scales) > 0
                and len(set(self.scales)) == len(self.scales),
                "scales must begin with 1, be above 0 and differ",
            ),
            (
                min(self.augmentation, default=0) > 0
                and (is_ss_jppnet or len(self.augmentation) == 2),
                f"augmentation must be {'' if is_ss_jppnet else 'two '}factors above 0",
            ),
            (self.batch >= 1 and self.accumulate >= 1, "batch and accumulate start at 1"),
            (1 <= self.epochs <= self.planned_epochs, "epochs must be from 1 to planned_epochs"),
            (self.rate > 0, "rate must be above 0"),
            (self.power >= 0, "power starts at 0"),
            (self.weight_decay >= 0, "weight_decay starts at 0"),
            (self.pose_weight >= 0, "pose_weight starts at 0"),
            (self.enlarge >= 1, "enlarge starts at 1"),
            (min(self.zoom, self.aspect) >= 1, "zoom and aspect start at 1"),
            (0 <= self.rotation <= 180, "rotation must be from 0 to 180"),
            (
                all(0 <= share <= 1 for share in (self.light, self.soften, self.paste)),
                "light, soften and paste must be from 0 to 1",
            ),
            (self.balance >= 0 and self.repeat >= 1, "balance starts at 0, repeat at 1"),
            (self.dice_weight >= 0, "dice_weight starts at 0"),
            (
                self.joints > 0 or not self.pose_only,
                "pose_only needs a network with joints",
            ),
            (0 <= self.dropout < 1, "dropout must be from 0 to below 1"),
            (
                self.losses
                and set(self.losses) <= set(LOSSES)
                and len(set(self.losses)) == len(self.losses),
                f"losses are some of {', '.join(LOSSES)}, each once",
            ),
            (self.stem >= 0, "stem starts at 0"),
            (self.epoch_steps >= 0, "epoch_steps starts at 0"),
            (self.classes in VOCABULARIES, f"classes is one of {', '.join(VOCABULARIES)}"),
            (self.classes == "lip" or not self.structure, "structure is for the classes lip"),
            (
                self.classes == "lip" or self.model != "personlab",
                "personlab has no classes: leave them out",
            ),
            (self.structure in STRUCTURES, 'structure is "", paper or released'),
            (self.head_initializer in HEAD_INITIALIZERS, 'head_initializer is "" or he_normal'),
            (self.optimizer in OPTIMIZERS, f"optimizer is one of {', '.join(OPTIMIZERS)}"),
            (
                self.optimizer == "adam" or not is_ss_jppnet or not self.clip_norm,
                "clip_norm of ss_jppnet needs optimizer=adam: momentum has several rates there",
            ),
            (
                self.optimizer == "momentum" or not self.weight_decay,
                "weight_decay needs optimizer=momentum",
            ),
            (0 <= self.average < 1, "average must be from 0 to below 1"),
            (self.precision in PRECISIONS, f"precision is one of {', '.join(PRECISIONS)}"),
            (self.save_steps >= 1 and self.log_steps >= 1, "steps start at 1"),
            (self.validation_images >= 0, "validation_images starts at 0"),
        )

    def _strangers(self):
        """What is said of settings that only other models have, if they are not as they were."""
        defaults = {field.name: field.default for field in dataclasses.fields(self)}
        owners: dict[str, list[str]] = {}
        for family in FAMILIES.values():
            for name in family.settings:
                owners.setdefault(name, []).append(family.name)
        return [
            f"{name} is a setting of {' and '.join(models)}, not of {self.model}"
            for name, models in owners.items()
            if self.model not in models and getattr(self, name) != defaults[name]
        ]


def override(settings: Settings, assignments: Sequence[str]) -> Settings:
    """Settings with some of them changed.

    Args:
        settings: Settings.
        assignments: list of "name=value"; values of a list have commas between them.

    Returns:
        Settings.

    Raises:
        InputError: a name is unknown, or a value is not of its type.
    """
    types = typing.get_type_hints(Settings)
    changes = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise InputError(f"--set {assignment}: write name=value")
        if name not in types:
            raise InputError(f"--set {assignment}: no setting {name}; there are {', '.join(types)}")
        changes[name] = _parse(text, types[name], assignment)
    return dataclasses.replace(settings, **changes)


def _parse(text, wanted, assignment):
    try:
        if wanted is bool:
            return {"true": True, "false": False}[text.lower()]
        if typing.get_origin(wanted) is tuple:
            return tuple(typing.get_args(wanted)[0](part) for part in text.split(","))
        return wanted(text)
    except (KeyError, ValueError):
        kind = "true or false" if wanted is bool else getattr(wanted, "__name__", wanted)
        kind = "numbers with commas between" if kind == "tuple" else kind
        raise InputError(f"--set {assignment}: the value must be {kind}") from None
