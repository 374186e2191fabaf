#!/usr/bin/env python3
"""Renders clothed people with labels and joints, as a data set in LIP's layout.

  python tools/make_figures.py --output figures --count 5000 --seed 1 --split train
  python tools/make_figures.py --output figures --count 500 --seed 2 --split val

Figure i of a seed is always the same, however many are made and on however many cores. Both splits
may lie in one folder; give them different seeds.

Exit status: 0 done; 2 wrong flags, or the split exists or could not be written; 130 interrupted.
"""

from absl import flags

from jppnet_tf.commands import cli

_OUTPUT = flags.DEFINE_string("output", None, "Folder of the data set.", required=True)
_COUNT = flags.DEFINE_integer("count", None, "Number of figures.", required=True, lower_bound=1)
_SEED = flags.DEFINE_integer("seed", None, "Seed.", required=True, lower_bound=0)
_SIZE = flags.DEFINE_integer("size", 384, "Longer side of the images, in pixels.", lower_bound=32)
_SPLIT = flags.DEFINE_enum("split", "val", ["train", "val"], "Split to make.")
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace the split if it exists.")


def main():
    """Renders the split and prints what was made."""
    from tqdm import tqdm

    from jppnet_tf.data.figures import dataset

    with tqdm(total=_COUNT.value, unit="figure") as progress:
        dataset.write_figures(
            _OUTPUT.value, _SPLIT.value, _COUNT.value, _SEED.value, _SIZE.value,
            overwrite=_OVERWRITE.value, on_figure=progress.update,
        )  # fmt: skip
    print(f"{_COUNT.value} figures in {_OUTPUT.value}, split {_SPLIT.value}, seed {_SEED.value}")


if __name__ == "__main__":
    cli.run(main)
