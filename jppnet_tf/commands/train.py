"""Trains a network on LIP, or on anything in its layout.

  jppnet train --data LIP --output RUN --initial_weights JPPNet-s2
  jppnet train --recipe lip_parsing --data LIP --output RUN --set batch=8 --set rate=2e-4

Settings come from a recipe (one of jppnet_tf/training/recipes, or a Python file of yours); --set
changes them. Writes last.safetensors and best.safetensors, scores.csv, settings.json, tensorboard/
and state/. Start it again with the same flags after an interruption, and it goes on to the same
weights as if nothing had happened.

Exit status: 0 done; 2 wrong flags or input, or a loss that is not finite; 130 interrupted.
"""

import dataclasses
import json

from absl import flags

from jppnet_tf.commands import cli
from jppnet_tf.system.errors import InputError

FLAGS = flags.FlagValues()

_DATA = flags.DEFINE_string("data", None, "Folder of LIP, in either layout.", flag_values=FLAGS)
_OUTPUT = flags.DEFINE_string("output", None, "Folder of the run.", flag_values=FLAGS)
_RECIPE = flags.DEFINE_string(
    "recipe", "lip_jppnet", "Recipe's name, or a Python file.", flag_values=FLAGS
)
_SET = flags.DEFINE_multi_string(
    "set", [], "name=value, changes a setting; may be repeated.", flag_values=FLAGS
)
_INITIAL = flags.DEFINE_string(
    "initial_weights",
    None,
    "Short for --set initial_weights=...: a TF1 checkpoint, a safetensors file, ImageNet's .h5, or "
    "the name of weights that ship.",
    flag_values=FLAGS,
)
_SKIP = flags.DEFINE_bool(
    "skip_bad_samples", False, "Leave bad samples out, and report them.", flag_values=FLAGS
)
_ZERO = flags.DEFINE_bool(
    "zero_is_missing",
    False,
    "Joints at (0, 0) or (-1, -1) in the CSV are missing, as COCO's are.",
    flag_values=FLAGS,
)
_SHOW = flags.DEFINE_bool("show_settings", False, "Print the settings and exit.", flag_values=FLAGS)


def main() -> None:
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
    for flag in (_DATA, _OUTPUT):
        if flag.value is None:
            raise InputError(f"--{flag.name} is missing; --help lists the flags")
    cli.load_tensorflow()  # from here on it takes a while
    from jppnet_tf.training.samples import find_samples
    from jppnet_tf.training.train import train

    samples = find_samples(_DATA.value, settings, _SKIP.value, _ZERO.value)
    print("\n".join(samples.notes), flush=True)
    train(settings, samples, _OUTPUT.value)
