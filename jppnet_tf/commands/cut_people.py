"""Cuts people out of a data set of several, to train on in LIP's layout.

  jppnet cut-people --dataset cihp --data CIHP --output crops --split train
  jppnet cut-people --dataset mhp_v2 --data MHP --output crops

Of CIHP, ids stay as they are: `jppnet train --recipe cihp_jppnet` knows them. MHP's 59 classes
become LIP's 20. In a crop, other people are background.

Exit status: 0 done; 2 wrong flags or input, or the split exists; 130 interrupted.
"""

from absl import flags

FLAGS = flags.FlagValues()

_DATASET = flags.DEFINE_enum(
    "dataset", "cihp", ["cihp", "mhp_v2"], "What --data is.", flag_values=FLAGS
)
_DATA = flags.DEFINE_string(
    "data", None, "Folder of the data set.", required=True, flag_values=FLAGS
)
_OUTPUT = flags.DEFINE_string(
    "output", None, "Folder of the new data set.", required=True, flag_values=FLAGS
)
_SPLIT = flags.DEFINE_enum("split", "val", ["train", "val"], "Which split.", flag_values=FLAGS)
_MARGIN = flags.DEFINE_float(
    "box_margin",
    0.1,
    "What people's boxes are enlarged by on each side, a share of their size.",
    lower_bound=0,
    upper_bound=2,
    flag_values=FLAGS,
)
_OVERWRITE = flags.DEFINE_bool(
    "overwrite", False, "Replace a split that exists.", flag_values=FLAGS
)


def main() -> None:
    """Cuts people out, and prints how many."""
    from tqdm import tqdm

    from jppnet_tf.data.cihp import read_cihp
    from jppnet_tf.data.lip_files import check_split_is_free
    from jppnet_tf.data.mhp import read_mhp
    from jppnet_tf.data.person_crops import LEAST_SIDE, mhp_to_lip, write_person_crops

    is_mhp, name = _DATASET.value == "mhp_v2", _SPLIT.value
    check_split_is_free(_OUTPUT.value, name, _OVERWRITE.value)
    split = (read_mhp if is_mhp else read_cihp)(_DATA.value, name)
    table = mhp_to_lip() if is_mhp else None
    with tqdm(total=len(split.records), unit="image") as progress:
        options = _MARGIN.value, table, _OVERWRITE.value, progress.update
        count, small = write_person_crops(split, _OUTPUT.value, name, *options)
    print(
        f"{count} people of {len(split.records)} images in {_OUTPUT.value}; {small} smaller than "
        f"{LEAST_SIDE} pixels are left out"
    )
