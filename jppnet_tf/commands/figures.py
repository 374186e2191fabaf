"""Renders clothed people with labels and joints, as a data set like LIP, or COCO.

  jppnet figures --output figures --count 5000 --seed 1 --split train
  jppnet figures --output figures --count 500 --seed 2 --split val
  jppnet figures --output scenes --count 2000 --seed 1 --split train --people 1 5

Figure i of a seed is always the same, however many figures you make and on however many cores. Both
splits may share a folder; give them different seeds.
With --people, each image is a scene of several people, in front of each other and cut off by the
border, some of them too small for joints, now and then with a crowd; annotations/ then holds a list
in the form of COCO's person_keypoints.

Exit status: 0 done; 2 wrong flags, or the split exists or could not be written; 130 interrupted.
"""

from absl import flags

from jppnet_tf.commands import groups

FLAGS = flags.FlagValues()

_OUTPUT = flags.DEFINE_string(
    "output", None, "Folder of the data set.", required=True, flag_values=FLAGS
)
_COUNT = flags.DEFINE_integer(
    "count", None, "Number of figures.", required=True, lower_bound=1, flag_values=FLAGS
)
_SEED = flags.DEFINE_integer("seed", None, "Seed.", required=True, lower_bound=0, flag_values=FLAGS)
_SIZE = flags.DEFINE_integer(
    "size", 384, "Longer side of the images, in pixels.", lower_bound=32, flag_values=FLAGS
)
_SPLIT = flags.DEFINE_enum("split", "val", ["train", "val"], "Split to make.", flag_values=FLAGS)
_OVERWRITE = flags.DEFINE_bool(
    "overwrite", False, "Replace the split if it exists.", flag_values=FLAGS
)
groups.define_people_flag(FLAGS, __name__)


def main(arguments: list[str]) -> None:
    """Renders the split and prints what was made."""
    from tqdm import tqdm

    from jppnet_tf.data.figures import dataset

    people = groups.read_people_flag(FLAGS, arguments)
    if people is not None:
        from jppnet_tf.data.groups.drawing import RenderedScenes

        groups.draw_groups(FLAGS, RenderedScenes(_SEED.value, people, _SIZE.value))
        return

    with tqdm(total=_COUNT.value, unit="figure") as progress:
        dataset.write_figures(
            _OUTPUT.value, _SPLIT.value, _COUNT.value, _SEED.value, _SIZE.value,
            overwrite=_OVERWRITE.value, on_figure=progress.update,
        )  # fmt: skip
    print(f"{_COUNT.value} figures in {_OUTPUT.value}, split {_SPLIT.value}, seed {_SEED.value}")
