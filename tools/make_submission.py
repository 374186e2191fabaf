#!/usr/bin/env python3
"""Packs predictions of LIP's test split as the challenge takes them.

  python tools/infer.py --weights W --images LIP/Testing_images --output results
  python tools/make_submission.py --data LIP --predictions results --output submission

Writes parsing.zip (label maps, flat) and pose.csv (<name>.jpg and 32 integers a line, in the order
of test_id.txt), after checking that every image has a prediction of its size with LIP's classes.

Exit status: 0 done; 2 wrong flags or input; 130 interrupted.
"""

from absl import flags

from jppnet_tf.commands import cli

_DATA = flags.DEFINE_string("data", None, "Folder of LIP.", required=True)
_SPLIT = flags.DEFINE_enum("split", "test", ["test", "val", "train"], "Which images.")
_PREDICTIONS = flags.DEFINE_string(
    "predictions", None, "Folder, CSV or predictions.jsonl.", required=True
)
_OUTPUT = flags.DEFINE_string("output", None, "Folder for both files.", required=True)


def main():
    """Checks, packs and says what was written."""
    from tqdm import tqdm

    from jppnet_tf.data.lip import read_split
    from jppnet_tf.evaluation.submission import write_submission

    records = read_split(_DATA.value, _SPLIT.value).records
    with tqdm(desc="checking", total=len(records), unit="image") as progress:
        written = write_submission(records, _PREDICTIONS.value, _OUTPUT.value, progress.update)
    for path in written:
        print(f"{path}: {len(records)} images, {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    cli.run(main)
