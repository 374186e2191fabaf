"""Pastes people of photographs before other backgrounds: a data set like COCO.

  jppnet paste-people --source CLONE --landmarks LANDMARKS.npz --output scenes --count 2000 \
      --seed 1 --split train --people 1 5

The photographs are those of Clothing Co-Parsing. Each image is a scene of several people, in front
of each other and cut off by the border; annotations/ holds a list of them in the form of COCO's
person_keypoints. The train split is made of other photographs than the val split. docs/people.md
tells more; --landmarks takes what `jppnet import-ccp` keeps in its output.

Exit status: 0 done; 2 wrong flags or input, or the split exists; 130 interrupted.
"""

from absl import flags

from jppnet_tf.commands import groups

FLAGS = flags.FlagValues()

_SOURCE = flags.DEFINE_string(
    "source", None, "A clone of CCP's repository.", required=True, flag_values=FLAGS
)
_LANDMARKS = flags.DEFINE_string(
    "landmarks",
    None,
    "An .npz of BlazePose's landmarks in its photographs.",
    required=True,
    flag_values=FLAGS,
)
flags.DEFINE_string("output", None, "Folder of the data set.", required=True, flag_values=FLAGS)
flags.DEFINE_integer(
    "count", None, "Number of scenes.", required=True, lower_bound=1, flag_values=FLAGS
)
_SEED = flags.DEFINE_integer("seed", None, "Seed.", required=True, lower_bound=0, flag_values=FLAGS)
_SIZE = flags.DEFINE_integer(
    "size", 640, "Longer side of the images, in pixels.", lower_bound=32, flag_values=FLAGS
)
_SPLIT = flags.DEFINE_enum("split", "val", ["train", "val"], "Split to make.", flag_values=FLAGS)
flags.DEFINE_bool("overwrite", False, "Replace the split if it exists.", flag_values=FLAGS)
groups.define_people_flag(FLAGS, __name__, "1 5")


def main(arguments: list[str]) -> None:
    """Draws the split and prints what was made."""
    from jppnet_tf.data.groups.drawing import PastedScenes, check_source

    people = groups.read_people_flag(FLAGS, arguments)
    check_source(_SOURCE.value, _LANDMARKS.value, _SPLIT.value)
    scenes = PastedScenes(
        *(_SOURCE.value, _LANDMARKS.value, _SPLIT.value, _SEED.value, people, _SIZE.value)
    )
    groups.draw_groups(FLAGS, scenes)
