"""Makes a data set in LIP's layout of the photographs of Clothing Co-Parsing.

  git clone https://github.com/bearpaw/clothing-co-parsing CLONE
  jppnet import-ccp --source CLONE --output ccp
  jppnet import-ccp --source CLONE --landmarks LANDMARKS.npz --output ccp --portraits portraits

docs/photographs.md tells what becomes of the labels.

Exit status: 0 done; 2 wrong flags or input, or the data set exists; 130 interrupted.
"""

import pathlib

from absl import flags

from jppnet_tf.commands import cli

FLAGS = flags.FlagValues()

_SOURCE = flags.DEFINE_string(
    "source", None, "A clone of CCP's repository.", required=True, flag_values=FLAGS
)
_LANDMARKS = flags.DEFINE_string(
    "landmarks",
    None,
    "An .npz of BlazePose's landmarks in its photographs. Without it, mediapipe finds them, and "
    "they are kept in --output.",
    flag_values=FLAGS,
)
_OUTPUT = flags.DEFINE_string(
    "output", None, "Folder of the data set.", required=True, flag_values=FLAGS
)
_PORTRAITS = flags.DEFINE_string(
    "portraits",
    None,
    "Folder of a second data set: half-length and head crops of the photographs to validate.",
    flag_values=FLAGS,
)
_GUESSES = flags.DEFINE_string(
    "guesses",
    None,
    "What jppnet infer wrote of the images to train: label maps for those without labels of "
    "pixels, kept as far as their tags allow.",
    flag_values=FLAGS,
)
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace splits that exist.", flag_values=FLAGS)


def main() -> None:
    """Imports and prints what was made."""
    from jppnet_tf.data.ccp.portraits import write_portraits
    from jppnet_tf.data.ccp.writing import import_ccp
    from jppnet_tf.data.lip_files import check_split_is_free

    places = [(_OUTPUT.value, "train"), (_OUTPUT.value, "val"), (_PORTRAITS.value, "val")]
    for folder, split in places:
        if folder:
            check_split_is_free(folder, split, _OVERWRITE.value)
    landmarks = _LANDMARKS.value or _make_landmarks(_SOURCE.value, _OUTPUT.value)
    with cli.show_progress("photograph") as show:
        plan = import_ccp(
            _SOURCE.value, landmarks, _OUTPUT.value, _OVERWRITE.value, show, _GUESSES.value
        )
    train = len(plan.train)
    rest = sum(photograph.tags is None for photograph in plan.train)
    kind = "pose only" if _GUESSES.value is None else "with a network's label maps"
    print(
        f"{train} photographs to train ({rest} of them {kind}), "
        f"{len(plan.validation)} to validate in {_OUTPUT.value}; {plan.held_out} left for a last "
        f"test, {plan.without_joints} without a person"
    )
    if _PORTRAITS.value:
        count = write_portraits(_OUTPUT.value, _PORTRAITS.value, _OVERWRITE.value)
        print(f"{count} half-length and head crops of them in {_PORTRAITS.value}")


def _make_landmarks(source, output):
    """The path of the landmarks that mediapipe finds, or found before."""
    from jppnet_tf.data.ccp.blazepose import find_landmarks, write_landmarks

    path = pathlib.Path(output) / "landmarks.npz"
    if not path.is_file():
        with cli.show_progress("photograph") as show:
            landmarks = find_landmarks(source, show)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_landmarks(path, landmarks)
    return path
