"""Imports photographs with labels: flags and body of tools/import_ccp.py."""

import contextlib
import pathlib

from absl import flags


def define_flags():
    """Defines the program's flags."""
    flags.DEFINE_string("source", None, "A clone of CCP's repository.", required=True)
    flags.DEFINE_string(
        "landmarks",
        None,
        "An .npz of BlazePose's landmarks in its photographs. Without it, mediapipe finds them, "
        "and they are kept in --output.",
    )
    flags.DEFINE_string("output", None, "Folder of the data set.", required=True)
    flags.DEFINE_string(
        "portraits",
        None,
        "Folder of a second data set: half-length and head crops of the photographs to validate.",
    )
    flags.DEFINE_bool("overwrite", False, "Replace splits that exist.")


def main():
    """Imports and prints what was made."""
    from jppnet_tf.data.ccp.portraits import write_portraits
    from jppnet_tf.data.ccp.writing import import_ccp
    from jppnet_tf.data.lip_files import check_split_is_free

    values = flags.FLAGS
    places = [(values.output, "train"), (values.output, "val"), (values.portraits, "val")]
    for folder, split in places:
        if folder:
            check_split_is_free(folder, split, values.overwrite)
    landmarks = values.landmarks or _make_landmarks(values.source, values.output)
    with _show_progress() as show:
        plan = import_ccp(values.source, landmarks, values.output, values.overwrite, show)
    train = len(plan.train)
    labelled = sum(photograph.tags is not None for photograph in plan.train)
    print(
        f"{train} photographs to train ({train - labelled} of them pose only), "
        f"{len(plan.validation)} to validate in {values.output}; {plan.held_out} left for a last "
        f"test, {plan.without_joints} without a person"
    )
    if values.portraits:
        count = write_portraits(values.output, values.portraits, values.overwrite)
        print(f"{count} half-length and head crops of them in {values.portraits}")


def _make_landmarks(source, output):
    """The path of the landmarks that mediapipe finds, or found before."""
    from jppnet_tf.data.ccp.blazepose import find_landmarks, write_landmarks

    path = pathlib.Path(output) / "landmarks.npz"
    if not path.is_file():
        with _show_progress() as show:
            landmarks = find_landmarks(source, show)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_landmarks(path, landmarks)
    return path


@contextlib.contextmanager
def _show_progress():
    """Gives a function of (photographs done, of how many) that draws a bar."""
    from tqdm import tqdm

    with contextlib.ExitStack() as stack:
        bars = []

        def show(done, total):
            if not bars:  # not before there is something to show: an error would follow a bar
                bars.append(stack.enter_context(tqdm(total=total, unit="photograph")))
            bars[0].update(done - bars[0].n)

        yield show
