#!/usr/bin/env python3
"""Converts weights: the released TF1 checkpoint or caffemodel into a safetensors file, or back.

python tools/convert_ckpt.py --checkpoint JPPNet-s2 --output jppnet.safetensors
python tools/convert_ckpt.py --checkpoint jppnet.safetensors --to tf1 --output JPPNet-s2-copy
python tools/convert_ckpt.py --checkpoint attention.caffemodel --output ss_jppnet.safetensors
"""

from absl import flags

from jppnet_tf.commands import cli
from jppnet_tf.models.families import FAMILIES

_CHECKPOINT = flags.DEFINE_string(
    "checkpoint",
    None,
    "TF1 checkpoint (folder or prefix), caffemodel or safetensors file to read.",
    required=True,
)
_OUTPUT = flags.DEFINE_string(
    "output", None, "File to write; with --to tf1, folder to write.", required=True
)
_MODEL = flags.DEFINE_enum(
    "model", None, list(FAMILIES), "Whose weights they must be; without it, any."
)
_TO = flags.DEFINE_enum("to", "safetensors", ["safetensors", "tf1"], "Format to write.")
_HALF = flags.DEFINE_bool("half", False, "Round to float16: half the size, nearly the same.")
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace an output that exists.")


def main():
    """Converts and prints what was done."""
    cli.load_tensorflow()
    from jppnet_tf.weights.conversion import convert

    done = convert(
        _CHECKPOINT.value,
        _OUTPUT.value,
        _TO.value,
        _OVERWRITE.value,
        _HALF.value,
        _MODEL.value,
    )
    settings = ", ".join(f"{name}={value}" for name, value in done.config.items())
    print(f"read     {done.source}")
    print(f"model    {done.family.builder}({settings})")
    print(f"wrote    {_OUTPUT.value}: {done.variables} variables, {done.numbers:,} numbers")
    print(f"skipped  {len(done.skipped)} optimizer slots, counters or equal copies")
    print(f"checksum {done.checksum}")
    print(f"seconds  {done.seconds:.1f}")


if __name__ == "__main__":
    cli.run(main)
