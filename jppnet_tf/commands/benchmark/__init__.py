"""Measures this package on this machine.

  jppnet benchmark predict [--weights W] [--megapixels 0.17,2] [--backends tensorflow]
  jppnet benchmark agree --weights W --data LIP [--limit 100]
  jppnet benchmark convert --weights JPPNet-s2
  jppnet benchmark data --data LIP
  jppnet benchmark score --data LIP [--count 10000]
  jppnet benchmark run [--weights W] [--count 10000] [--varied]
  jppnet benchmark start [--count 1000000]
  jppnet benchmark decode
  jppnet benchmark people [--weights photos] [--detector D] [--fast]

`predict` times bare network calls and the whole prediction from file to files, with every backend
and precision that this machine has. `agree` tells how far their results, and those of --fast, are
from TensorFlow's in float32, and how they score. `convert` times a conversion to safetensors, and
beside it a plain read and write of as many bytes. `data` counts training samples per second, and
beside them the same samples read from the original's heatmap files. `score` times scoring --count
predictions on disk: the validation labels, over and over. `run` predicts --count small photographs,
by a very small network unless you name another, and reports its speed and memory after each tenth
of them. `start` begins a run over --count names, new ones and finished ones. `decode` times what
follows the network where it finds people: ten of them in made-up maps of an input of 801 x 801, on
one thread. `people` times photographs with several people: what finds them, and the network for
each. What is compared is measured in one run: machines differ, and one machine differs from hour to
hour.

Exit status: 0 done; 2 wrong flags or input; 130 interrupted.
"""

import json
import pathlib
import tempfile
import typing

from absl import flags

from jppnet_tf.commands import cli
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.files import check_output

FLAGS = flags.FlagValues()

_WEIGHTS = flags.DEFINE_string(
    "weights",
    None,
    "Weights; without, the full network with random ones, which is as fast.",
    flag_values=FLAGS,
)
_MEGAPIXELS = flags.DEFINE_list(
    "megapixels", ["0.17", "2"], "`predict`: sizes of photograph to try.", flag_values=FLAGS
)
_BACKENDS = flags.DEFINE_list(
    "backends", None, "For `predict` and `agree`; else all there are.", flag_values=FLAGS
)
_PRECISIONS = flags.DEFINE_list(
    "precisions", None, "For `predict` and `agree`; else all there are.", flag_values=FLAGS
)
_CONVOLUTIONS = flags.DEFINE_list(
    "convolutions",
    ["direct", "fast"],
    "`predict`: direct, or by fewer multiplications.",
    flag_values=FLAGS,
)
_FAST = flags.DEFINE_bool(
    "fast", False, "`predict`: look once, at one scale and not mirrored.", flag_values=FLAGS
)
_BATCH = flags.DEFINE_integer(
    "batch", None, "`predict`: images per call.", lower_bound=1, flag_values=FLAGS
)
_LIMIT = flags.DEFINE_integer(
    "limit", None, "`agree`: only the first so many images.", lower_bound=1, flag_values=FLAGS
)
_REPEATS = flags.DEFINE_integer(
    "repeats",
    3,
    "`predict`: photographs of each size; `decode`: how often, of which the median counts.",
    lower_bound=1,
    flag_values=FLAGS,
)
_DETECTOR = flags.DEFINE_string(
    "detector", None, "`people`: as for jppnet infer --people auto.", flag_values=FLAGS
)
_JSON = flags.DEFINE_string("json", None, "File to write the figures to.", flag_values=FLAGS)
_DATA = flags.DEFINE_string(
    "data", None, "LIP, for `agree`, `data` and `score`.", flag_values=FLAGS
)
_COUNT = flags.DEFINE_integer(
    "count",
    10000,
    "Label maps to `score`, photographs to `run`, names to `start`.",
    lower_bound=1,
    flag_values=FLAGS,
)
_VARIED = flags.DEFINE_bool(
    "varied",
    False,
    "`run`: photographs of all sizes up to 800 x 800, instead of 64 x 96.",
    flag_values=FLAGS,
)
_MEASURE = flags.DEFINE_string(
    "measure", None, "Internal: what this process measures, as JSON.", flag_values=FLAGS
)


def main(arguments: list[str]) -> None:
    """Runs the benchmark that the first argument names."""
    if _MEASURE.value:
        cli.load_tensorflow()
        from jppnet_tf.commands.benchmark import measuring

        measuring.measure(json.loads(_MEASURE.value))
        return
    if len(arguments) != 1 or arguments[0] not in BENCHMARKS:
        given = " ".join(arguments) or "nothing"
        raise InputError(f"name what to measure: {' or '.join(BENCHMARKS)}; not {given}")
    if _JSON.value:
        check_output(_JSON.value, overwrite=True)
    cli.load_tensorflow()
    from jppnet_tf.system.machine import describe_machine

    figures: dict[str, typing.Any] = {"machine": describe_machine()}
    for name, value in figures["machine"].items():
        print(f"{name:10} {value}")
    with tempfile.TemporaryDirectory() as folder:
        figures[arguments[0]] = BENCHMARKS[arguments[0]](pathlib.Path(folder))
    if _JSON.value:
        pathlib.Path(_JSON.value).write_text(json.dumps(figures, indent=2) + "\n")


def _predict(folder: pathlib.Path) -> list[dict[str, typing.Any]]:
    from jppnet_tf.commands.benchmark import choices, prediction

    try:
        sizes = {size: float(size) for size in _MEGAPIXELS.value}
    except ValueError:
        raise InputError(f"--megapixels: numbers, not {','.join(_MEGAPIXELS.value)}") from None
    settings: dict[str, typing.Any] = {"batch": _BATCH.value}
    settings |= {"scales": (1,), "mirror": False} if _FAST.value else {}
    pairs = choices.find_choices(_BACKENDS.value, _PRECISIONS.value)
    found = choices.with_convolutions(pairs, _CONVOLUTIONS.value)
    return prediction.benchmark_prediction(
        _WEIGHTS.value, found, sizes, _REPEATS.value, settings, folder
    )


def _agree(_: pathlib.Path) -> list[dict[str, typing.Any]]:
    from jppnet_tf.commands.benchmark import agreement, choices

    if not (_DATA.value and _WEIGHTS.value):
        raise InputError("agree needs --weights, and --data, a folder with LIP's validation split")
    return agreement.benchmark_agreement(
        _WEIGHTS.value,
        _DATA.value,
        _LIMIT.value,
        lambda: choices.find_choices(_BACKENDS.value, _PRECISIONS.value),
    )


def _convert(folder: pathlib.Path) -> dict[str, float]:
    from jppnet_tf.commands.benchmark import conversion

    if not _WEIGHTS.value:
        raise InputError("convert needs --weights, a TF1 checkpoint")
    return conversion.benchmark_conversion(_WEIGHTS.value, folder)


def _data(folder: pathlib.Path) -> dict[str, tuple[float, float]]:
    from jppnet_tf.commands.benchmark import samples

    if not _DATA.value:
        raise InputError("data needs --data, a folder with LIP's training split")
    return samples.benchmark_samples(_DATA.value, folder)


def _score(_: pathlib.Path) -> dict[int, dict[str, float]]:
    from jppnet_tf.commands.benchmark import scores

    if not _DATA.value:
        raise InputError("score needs --data, a folder with LIP's validation split")
    return scores.benchmark_scoring(_DATA.value, _COUNT.value)


def _run(folder: pathlib.Path) -> list[dict[str, float]]:
    from jppnet_tf.commands.benchmark import folders

    return folders.benchmark_run(_WEIGHTS.value, _COUNT.value, folder, _VARIED.value)


def _start(folder: pathlib.Path) -> dict[str, dict[str, float]]:
    from jppnet_tf.commands.benchmark import starting

    return starting.benchmark_start(_COUNT.value, folder)


def _decode(_: pathlib.Path) -> dict[str, float]:
    from jppnet_tf.commands.benchmark import decoding

    return decoding.benchmark_decoding(_REPEATS.value)


def _people(_: pathlib.Path) -> dict[str, float]:
    from jppnet_tf.commands.benchmark import people
    from jppnet_tf.weights import presets

    settings: dict[str, typing.Any] = {"scales": (1,), "mirror": False} if _FAST.value else {}
    settings["backend"] = (_BACKENDS.value or ["tensorflow"])[0]
    settings["precision"] = (_PRECISIONS.value or ["float32"])[0]
    weights = _WEIGHTS.value or presets.DEFAULT
    return people.benchmark_people(weights, _DETECTOR.value, settings, _REPEATS.value)


BENCHMARKS = {
    "predict": _predict,
    "agree": _agree,
    "convert": _convert,
    "data": _data,
    "score": _score,
    "run": _run,
    "start": _start,
    "decode": _decode,
    "people": _people,
}
"""Each benchmark: a function of an empty folder that prints figures and returns them for --json."""
