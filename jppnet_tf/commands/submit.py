"""Packs predictions of LIP's test split as the challenge takes them.

  jppnet infer --weights W --images LIP/Testing_images --output results
  jppnet submit --data LIP --predictions results --output submission

Checks that every image has a prediction of its size with LIP's classes. Then writes parsing.zip
(label maps, without folders) and pose.csv (a line with <name>.jpg and 32 integers per image, in the
order of test_id.txt).

Exit status: 0 done; 2 wrong flags or input; 130 interrupted.
"""

from absl import flags

FLAGS = flags.FlagValues()

_DATA = flags.DEFINE_string("data", None, "Folder of LIP.", required=True, flag_values=FLAGS)
_SPLIT = flags.DEFINE_enum(
    "split", "test", ["test", "val", "train"], "Which images.", flag_values=FLAGS
)
_PREDICTIONS = flags.DEFINE_string(
    "predictions", None, "Folder, CSV or predictions.jsonl.", required=True, flag_values=FLAGS
)
_OUTPUT = flags.DEFINE_string(
    "output", None, "Folder for both files.", required=True, flag_values=FLAGS
)


def main() -> None:
    """Checks, packs and says what was written."""
    from tqdm import tqdm

    from jppnet_tf.data.lip import read_split
    from jppnet_tf.evaluation.submission import write_submission

    records = read_split(_DATA.value, _SPLIT.value).records
    with tqdm(desc="checking", total=len(records), unit="image") as progress:
        written = write_submission(records, _PREDICTIONS.value, _OUTPUT.value, progress.update)
    for path in written:
        print(f"{path}: {len(records)} images, {path.stat().st_size / 1e6:.1f} MB")
