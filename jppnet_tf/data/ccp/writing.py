"""CCP as a data set in LIP's layout."""

import contextlib
import dataclasses
import os
import pathlib
from collections.abc import Callable, Sequence

import numpy as np

from jppnet_tf.data.ccp.clone import Photograph, read_clone, read_landmarks, read_tags
from jppnet_tf.data.ccp.guesses import read_guess
from jppnet_tf.data.ccp.joints import are_of_labelled, make_joints
from jppnet_tf.data.ccp.labels import make_label
from jppnet_tf.data.lip_files import check_split_is_free, writing_split
from jppnet_tf.images.reading import read_size
from jppnet_tf.system import files
from jppnet_tf.system.errors import InputError

SOURCE = "https://github.com/bearpaw/clothing-co-parsing"
NOTICE = f"""\
The images of this folder are photographs of Clothing Co-Parsing (CCP), unchanged:

    Wei Yang, Ping Luo, Liang Lin: "Clothing Co-Parsing by Joint Image Segmentation and Labeling",
    CVPR 2014. {SOURCE}
    Apache License 2.0, https://www.apache.org/licenses/LICENSE-2.0

The label maps are made from its labels of pixels: tags translated to the classes of Look into
Person, skin and shoes shared out among the parts of the body; where there are none, a network may
have made them. The joints are made from landmarks
that MediaPipe's BlazePose (Apache License 2.0) found in the photographs.
"""


@dataclasses.dataclass(frozen=True)
class Plan:
    """What becomes of the photographs of a clone.

    Attributes:
        train, validation: lists of Photograph.
        held_out: how many photographs are left for a last test.
        without_joints: how many have neither labels nor landmarks, and are left out.
    """

    train: list[Photograph]
    validation: list[Photograph]
    held_out: int
    without_joints: int


def plan_splits(photographs: Sequence[Photograph]) -> Plan:
    """Shares photographs out.

    Ids that end in 3 validate: those with labels of pixels. Labelled ones that end in 7 are left
    for a last test. All others train, those without labels pose only.
    """
    labelled = [p for p in photographs if p.tags is not None]
    useful = [p for p in photographs if p.tags is not None or p.landmarks is not None]
    held_out = [p for p in labelled if p.name.endswith("7")]
    return Plan(
        train=[p for p in useful if not p.name.endswith("3") and p not in held_out],
        validation=[p for p in labelled if p.name.endswith("3")],
        held_out=len(held_out) + sum(p.name.endswith("3") for p in useful if p.tags is None),
        without_joints=len(photographs) - len(useful),
    )


def import_ccp(
    source: str | os.PathLike,
    landmarks: str | os.PathLike,
    output: str | os.PathLike,
    overwrite: bool = False,
    on_photograph: Callable[[int, int], object] | None = None,
    guesses: str | os.PathLike | None = None,
) -> Plan:
    """Writes both splits.

    Args:
        source: a clone of CCP's repository.
        landmarks: .npz of BlazePose's landmarks, see clone.read_landmarks.
        output: folder of the data set.
        overwrite: whether splits that are there already may be replaced.
        on_photograph: function of (photographs done, of how many).
        guesses: what `jppnet infer` wrote of the images to train: label maps for those that have
            no labels of pixels, see `guesses.read_guess`. None leaves them without.

    Returns:
        Plan, what was written.

    Raises:
        InputError: files are missing or damaged, or splits exist.
    """
    for split in ("train", "val"):
        check_split_is_free(output, split, overwrite)
    photographs, names = read_clone(source, read_landmarks(landmarks))
    plan = plan_splits(photographs)
    parts = {"train": plan.train, "val": plan.validation}
    for split, part in parts.items():
        if not part:
            raise InputError(f"{source}: no photograph for the {split} split")
    total, done = len(plan.train) + len(plan.validation), 0
    with contextlib.ExitStack() as stack:  # both splits or neither
        writers = {
            split: stack.enter_context(writing_split(output, split, overwrite)) for split in parts
        }
        for split, part in parts.items():
            for photograph in part:
                label, joints = convert(photograph, names, guesses)
                jpeg = photograph.image.read_bytes()
                writers[split].add(f"ccp_{photograph.name}", jpeg, label, joints)
                done += 1
                if on_photograph:
                    on_photograph(done, total)
    files.write_bytes(pathlib.Path(output) / "NOTICE", NOTICE.encode())
    return plan


def convert(
    photograph: Photograph, names: Sequence[str], guesses: str | os.PathLike | None = None
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """A photograph's label map and joints, as LIP has them; None where they are not known.

    Args:
        photograph: Photograph.
        names: the tag of each number.
        guesses: as for `import_ccp`.
    """
    label = joints = None
    landmarks = photograph.landmarks
    if photograph.tags is not None:
        tags = read_tags(photograph, len(names))
        if landmarks is not None and not are_of_labelled(landmarks, tags):
            landmarks = None
        label = make_label(tags, names, landmarks)
    elif guesses is not None:
        label = read_guess(photograph, guesses, names)
    if landmarks is not None:
        size_hw = read_size(photograph.image)
        joints = make_joints(landmarks, size_hw, label)
    return label, joints
