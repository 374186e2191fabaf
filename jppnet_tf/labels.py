"""Classes, joints, mirror partners and colours of the data sets. Plain Python."""

import dataclasses
from collections.abc import Iterable

IGNORE = 255  # the class id of pixels that no loss and no metric counts


def _voc_palette(count):
    """The first colours of PASCAL VOC's colour map, in which related ids have related colours."""
    bits = range(8)
    return tuple(
        tuple(sum((i >> 3 * bit + channel & 1) << 7 - bit for bit in bits) for channel in range(3))
        for i in range(count)
    )


@dataclasses.dataclass(frozen=True)
class _Sided:
    """Names of which some are the left and the right of a pair."""

    names: tuple[str, ...]
    mirror_pairs: tuple[tuple[str, str], ...]

    @property
    def mirror(self) -> tuple[int, ...]:
        """Tuple of int: channel i, un-mirrored, is channel mirror[i] of the mirrored map."""
        partner = {a: b for pair in self.mirror_pairs for a, b in (pair, pair[::-1])}
        return tuple(self.names.index(partner.get(name, name)) for name in self.names)


@dataclasses.dataclass(frozen=True)
class Classes(_Sided):
    """The classes of a parsing data set; a class's id is its place in `names`.

    Attributes:
        names: tuple of str. Left and right are the person's own.
        mirror_pairs: tuple of (left name, right name).
        palette: tuple of (red, green, blue), 0..255, one per class.
    """

    palette: tuple[tuple[int, ...], ...]


@dataclasses.dataclass(frozen=True)
class Joints(_Sided):
    """The joints of a pose data set; a joint's index is its place in `names`.

    Attributes:
        names: tuple of str. Left and right are the person's own.
        mirror_pairs: tuple of (left name, right name).
        limbs: tuple of (name, name): the lines of a drawn skeleton.
    """

    limbs: tuple[tuple[str, str], ...]

    @property
    def limb_indices(self) -> tuple[tuple[int, int], ...]:
        """Tuple of (index, index), in the order of `limbs`."""
        return tuple((self.names.index(a), self.names.index(b)) for a, b in self.limbs)


LIP = Classes(
    names=(
        "background", "hat", "hair", "glove", "sunglasses", "upper-clothes", "dress", "coat",
        "socks", "pants", "jumpsuits", "scarf", "skirt", "face", "left-arm", "right-arm",
        "left-leg", "right-leg", "left-shoe", "right-shoe",
    ),
    mirror_pairs=(
        ("left-arm", "right-arm"),
        ("left-leg", "right-leg"),
        ("left-shoe", "right-shoe"),
    ),
    palette=(
        (0, 0, 0), (128, 0, 0), (255, 0, 0), (0, 85, 0), (170, 0, 51),
        (255, 85, 0), (0, 0, 85), (0, 119, 221), (85, 85, 0), (0, 85, 85),
        (85, 51, 0), (52, 86, 128), (0, 128, 0), (0, 0, 255), (51, 170, 221),
        (0, 255, 255), (85, 255, 170), (170, 255, 85), (255, 255, 0), (255, 170, 0),
    ),
)  # fmt: skip
"""The 20 classes of Look into Person, in the colours of the original project."""

ATR = Classes(
    names=(
        "background", "hat", "hair", "sunglasses", "upper-clothes", "skirt", "pants", "dress",
        "belt", "left-shoe", "right-shoe", "face", "left-leg", "right-leg", "left-arm",
        "right-arm", "bag", "scarf",
    ),
    mirror_pairs=LIP.mirror_pairs,
    palette=_voc_palette(18),
)  # fmt: skip
"""The 18 classes of ATR, in the order of their ids."""

PASCAL_PERSON_PART = Classes(
    names=(
        "background", "head", "torso", "upper arms", "lower arms", "upper legs", "lower legs",
    ),
    mirror_pairs=(),
    palette=_voc_palette(7),
)  # fmt: skip
"""The 7 classes of PASCAL-Person-Part, in the order of their ids."""

CIHP = dataclasses.replace(
    LIP, names=tuple("torso-skin" if name == "jumpsuits" else name for name in LIP.names)
)
"""The 20 classes of CIHP: LIP's, but 10 is the skin of neck and torso, which LIP does not have."""

MHP = Classes(
    names=(
        "background", "cap/hat", "helmet", "face", "hair", "left-arm", "right-arm", "left-hand",
        "right-hand", "protector", "bikini/bra", "jacket/windbreaker/hoodie", "t-shirt",
        "polo-shirt", "sweater", "singlet", "torso-skin", "pants", "shorts/swim-shorts", "skirt",
        "stockings", "socks", "left-boot", "right-boot", "left-shoe", "right-shoe",
        "left-highheel", "right-highheel", "left-sandal", "right-sandal", "left-leg", "right-leg",
        "left-foot", "right-foot", "coat", "dress", "robe", "jumpsuits",
        "other-full-body-clothes", "headwear", "backpack", "ball", "bats", "belt", "bottle",
        "carrybag", "cases", "sunglasses", "eyewear", "gloves", "scarf", "umbrella",
        "wallet/purse", "watch", "wristband", "tie", "other-accessaries",
        "other-upper-body-clothes", "other-lower-body-clothes",
    ),
    mirror_pairs=tuple(
        (f"left-{part}", f"right-{part}")
        for part in ("arm", "hand", "boot", "shoe", "highheel", "sandal", "leg", "foot")
    ),
    palette=_voc_palette(59),
)  # fmt: skip
"""The 59 classes of MHP v2, in the order of their ids."""

VOCABULARIES = {"lip": LIP, "cihp": CIHP}
"""The classes that networks of this package are trained for, by the names that weights state."""

_ACGPN = Classes(
    names=(
        "background", "hair", "unused-2", "unused-3", "upper-clothes", "left-shoe", "right-shoe",
        "noise", "pants", "left-leg", "right-leg", "left-arm", "face", "right-arm",
    ),
    mirror_pairs=LIP.mirror_pairs,
    palette=(
        (0, 0, 0), (255, 0, 0), (64, 64, 64), (96, 96, 96), (255, 85, 0), (255, 255, 0),
        (255, 170, 0), (128, 128, 128), (0, 85, 85), (85, 255, 170), (170, 255, 85),
        (51, 170, 221), (0, 0, 255), (0, 255, 255),
    ),
)  # fmt: skip

_HRVITON = Classes(
    names=(
        "background", "hair", "face", "upper", "bottom", "left-arm", "right-arm", "left-leg",
        "right-leg", "left-shoe", "right-shoe", "socks", "noise",
    ),
    mirror_pairs=LIP.mirror_pairs,
    palette=(
        (0, 0, 0), (255, 0, 0), (0, 0, 255), (255, 85, 0), (0, 85, 85), (51, 170, 221),
        (0, 255, 255), (85, 255, 170), (170, 255, 85), (255, 255, 0), (255, 170, 0), (85, 85, 0),
        (128, 128, 128),
    ),
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Relabelling:
    """Which ids another project has for the classes of LIP.

    Attributes:
        classes: Classes of the other project.
        ids: tuple of int, one per class of `source`: its id there.
        source: Classes that are relabelled.
    """

    classes: Classes
    ids: tuple[int, ...]
    source: Classes = LIP

    def rename(self, names: Iterable[str]) -> tuple[str, ...]:
        """What some of the source's classes are called there: each once, in the order of ids."""
        found = {self.ids[self.source.names.index(n)] for n in names if n in self.source.names}
        return tuple(self.classes.names[index] for index in sorted(found))


def _relabel_lip(classes, joined):
    """Relabelling of LIP; `joined`: the other's name -> LIP's names, unless they are the same."""
    theirs = {name: name for name in classes.names}
    theirs |= {ours: name for name, names in joined.items() for ours in names}
    return Relabelling(classes, tuple(classes.names.index(theirs[name]) for name in LIP.names))


_TO_ACGPN = _relabel_lip(
    _ACGPN,
    {
        "hair": ("hat",),
        "face": ("sunglasses",),
        "upper-clothes": ("dress", "coat", "jumpsuits"),
        "pants": ("skirt", "socks"),
        "noise": ("glove", "scarf"),
    },
)

RELABELLINGS = {
    "acgpn": _TO_ACGPN,
    "viton": _TO_ACGPN,
    "hrviton": _relabel_lip(
        _HRVITON,
        {
            "hair": ("hat",),
            "face": ("sunglasses",),
            "upper": ("upper-clothes", "dress", "coat", "jumpsuits"),
            "bottom": ("pants", "skirt"),
            "noise": ("glove", "scarf"),
        },
    ),
    "cihp": _relabel_lip(CIHP, {"dress": ("jumpsuits",)}),
}
"""LIP's classes in the ids of other projects, by the names that programs take.

- acgpn, viton: the 14 classes that ACGPN has for VITON's images; it uses neither 2 nor 3.
- hrviton: the 13 groups that VITON-HD and HR-VITON make of 20 classes.
- cihp: CIHP's 20. Jumpsuits become dresses, which also reach from the shoulders to the legs.
"""

LIP_JOINTS = Joints(
    names=(
        "right ankle", "right knee", "right hip", "left hip", "left knee", "left ankle",
        "pelvis", "spine", "neck", "head",
        "right wrist", "right elbow", "right shoulder", "left shoulder", "left elbow", "left wrist",
    ),
    mirror_pairs=(
        ("left ankle", "right ankle"),
        ("left knee", "right knee"),
        ("left hip", "right hip"),
        ("left wrist", "right wrist"),
        ("left elbow", "right elbow"),
        ("left shoulder", "right shoulder"),
    ),
    limbs=(
        ("head", "neck"), ("neck", "spine"), ("spine", "pelvis"),
        ("neck", "right shoulder"), ("right shoulder", "right elbow"),
        ("right elbow", "right wrist"),
        ("neck", "left shoulder"), ("left shoulder", "left elbow"), ("left elbow", "left wrist"),
        ("pelvis", "right hip"), ("right hip", "right knee"), ("right knee", "right ankle"),
        ("pelvis", "left hip"), ("left hip", "left knee"), ("left knee", "left ankle"),
    ),
)  # fmt: skip
"""The 16 joints of Look into Person; MPII has the same order."""

COCO_JOINTS = Joints(
    names=(
        "nose", "left eye", "right eye", "left ear", "right ear", "left shoulder",
        "right shoulder", "left elbow", "right elbow", "left wrist", "right wrist", "left hip",
        "right hip", "left knee", "right knee", "left ankle", "right ankle",
    ),
    mirror_pairs=tuple(
        (f"left {part}", f"right {part}")
        for part in ("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    ),
    limbs=(
        ("nose", "left eye"), ("nose", "right eye"), ("left eye", "left ear"),
        ("right eye", "right ear"), ("left shoulder", "right shoulder"),
        ("left shoulder", "left elbow"), ("left elbow", "left wrist"),
        ("right shoulder", "right elbow"), ("right elbow", "right wrist"),
        ("left shoulder", "left hip"), ("right shoulder", "right hip"), ("left hip", "right hip"),
        ("left hip", "left knee"), ("left knee", "left ankle"), ("right hip", "right knee"),
        ("right knee", "right ankle"),
    ),
)  # fmt: skip
"""The 17 points of COCO's people."""

PERSON = Classes(
    names=("background", "person"), mirror_pairs=(), palette=((0, 0, 0), (220, 40, 60))
)
"""What tells people from all else."""

STRUCTURE_PARTS = (
    ("hat", "hair", "sunglasses", "face"),
    ("upper-clothes", "coat", "scarf"),
    ("pants", "skirt"),
    ("left-arm",),
    ("right-arm",),
    ("left-leg",),
    ("right-leg",),
    ("left-shoe",),
    ("right-shoe",),
)
"""The classes of LIP whose pixels make up each joint of the structure-sensitive loss."""
