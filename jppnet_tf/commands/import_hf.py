"""Makes a data set in LIP's layout of parquet files of the Hugging Face hub.

  hf download mattmdjaga/human_parsing_dataset --repo-type dataset --local-dir DATASET
  jppnet import-hf --dataset DATASET --classes atr --output DATA
  jppnet import-hf --dataset train.parquet --mask parts --classes mine.json --output DATA
  jppnet train --recipe lip_parsing --data DATA --output RUN

Label maps are written in LIP's class ids, as Clothing Co-Parsing's are. There are no joints:
networks learn parsing only. docs/training.md tells what is read, and what becomes of other classes.

Exit status: 0 done; 2 wrong flags or input, or the data set exists; 130 interrupted.
"""

from absl import flags

from jppnet_tf.commands import cli
from jppnet_tf.system.errors import InputError

FLAGS = flags.FlagValues()

_DATASET = flags.DEFINE_string(
    "dataset",
    None,
    "Folder of a data set with .parquet files, as it is downloaded; or one such file.",
    required=True,
    flag_values=FLAGS,
)
_IMAGE = flags.DEFINE_string(
    "image", None, "Column of images; without it, image or img.", flag_values=FLAGS
)
_MASK = flags.DEFINE_string(
    "mask",
    None,
    "Column of masks; without it, the first there is of mask, label, annotation and segmentation.",
    flag_values=FLAGS,
)
_SPLIT = flags.DEFINE_string("split", "train", "Which of the folder's splits.", flag_values=FLAGS)
_CLASSES = flags.DEFINE_string(
    "classes",
    None,
    "What the ids of masks stand for: lip, atr or cihp, or a JSON file that gives each id a class. "
    "Without it, id2label.json beside the data set.",
    flag_values=FLAGS,
)
_VAL_SHARE = flags.DEFINE_float(
    "val_share",
    0.1,
    "Share of the rows that validates, the same rows each time.",
    flag_values=FLAGS,
)
_OUTPUT = flags.DEFINE_string(
    "output", None, "Folder of the data set.", required=True, flag_values=FLAGS
)
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace splits that exist.", flag_values=FLAGS)


def main() -> None:
    """Imports and prints what was made."""
    from jppnet_tf.data.hf.notes import find_terms
    from jppnet_tf.data.hf.rows import find_source
    from jppnet_tf.data.hf.tables import find_table
    from jppnet_tf.data.hf.writing import check_output, import_hf

    if not 0 < _VAL_SHARE.value < 1:
        raise InputError(f"--val_share {_VAL_SHARE.value:g}: must be above 0 and below 1")
    check_output(_OUTPUT.value, _OVERWRITE.value)
    source = find_source(_DATASET.value, _SPLIT.value, _IMAGE.value, _MASK.value)
    table = find_table(_DATASET.value, _CLASSES.value)
    terms = find_terms(_DATASET.value)
    print(_describe_choice(source, table, terms), flush=True)
    about = f"- From: `{_DATASET.value}`, split `{_SPLIT.value}`.\n- Terms (its licence): {terms}."
    with cli.show_progress("row") as show:
        counts = import_hf(
            source,
            table,
            _OUTPUT.value,
            val_share=_VAL_SHARE.value,
            overwrite=_OVERWRITE.value,
            about=about,
            on_row=show,
        )
    print(
        f"{counts.images['train']} images to train, {counts.images['val']} to validate in "
        f"{_OUTPUT.value}, without joints; its README.md tells the rest"
    )


def _describe_choice(source, table, terms):
    """What is read, and what of it was guessed: lines for people."""
    guessed = " and ".join(f"--{flag}" for flag in source.guessed)
    others = f" (others with images: {', '.join(source.others)})" if source.others else ""
    lines = [
        f"images: column {source.image}, masks: column {source.mask}"
        + (f"; guessed, {guessed} decide{'s' * (len(source.guessed) == 1)}" if guessed else "")
        + others,
        f"classes: {len(table.classes)}, {table.name}"
        + ("" if table.is_lip else ", written in LIP's ids"),
        f"terms: {terms}",
    ]
    return "\n".join(lines)
