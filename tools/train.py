#!/usr/bin/env python3
"""Trains a network on LIP, or on anything in its layout.

  python tools/train.py --data LIP --output RUN --initial_weights JPPNet-s2
  python tools/train.py --recipe lip_parsing --data LIP --output RUN --set batch=8 --set rate=2e-4

Settings come from a recipe (jppnet_tf/recipes, or a Python file of yours), changed by --set. Writes
last.safetensors and best.safetensors, scores.csv, settings.json, tensorboard/, and state/: started
again with the same flags after an interruption, it goes on to the same weights as without it.

Exit status: 0 done; 2 wrong flags or input, or a loss that is not finite; 130 interrupted.
"""

import dataclasses
import json

from absl import flags

from jppnet_tf.commands import cli

_DATA = flags.DEFINE_string("data", None, "Folder of LIP, in either layout.", required=True)
_OUTPUT = flags.DEFINE_string("output", None, "Folder of the run.", required=True)
_RECIPE = flags.DEFINE_string("recipe", "lip_jppnet", "Recipe's name, or a Python file.")
_SET = flags.DEFINE_multi_string("set", [], "name=value, changes a setting; may be repeated.")
_INITIAL = flags.DEFINE_string(
    "initial_weights", None,
    "Short for --set initial_weights=...: TF1 checkpoint, safetensors file, or ImageNet .h5.",
)  # fmt: skip
_SKIP = flags.DEFINE_bool("skip_bad_samples", False, "Leave bad samples out, and report them.")
_SHOW = flags.DEFINE_bool("show_settings", False, "Print the settings and exit.")


def main():
    """Trains."""
    from jppnet_tf.training.recipes import load_recipe
    from jppnet_tf.training.settings import override

    changes = list(_SET.value)
    if _INITIAL.value is not None:
        changes.append(f"initial_weights={_INITIAL.value}")
    settings = override(load_recipe(_RECIPE.value), changes)
    if _SHOW.value:
        print(json.dumps(dataclasses.asdict(settings), indent=2))
        return
    cli.load_tensorflow()  # from here on it takes a while
    from jppnet_tf.training.samples import find_samples
    from jppnet_tf.training.train import train

    samples = find_samples(_DATA.value, settings, _SKIP.value)
    print("\n".join(samples.notes), flush=True)
    train(settings, samples, _OUTPUT.value)


if __name__ == "__main__":
    cli.run(main)
