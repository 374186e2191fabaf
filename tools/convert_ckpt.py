#!/usr/bin/env python3
"""Converts weights between the released TF1 checkpoint and a safetensors file.

python tools/convert_ckpt.py --checkpoint JPPNet-s2 --output jppnet.safetensors
python tools/convert_ckpt.py --checkpoint jppnet.safetensors --to tf1 --output JPPNet-s2-copy
"""

from absl import flags

from jppnet_tf import cli

_CHECKPOINT = flags.DEFINE_string(
    "checkpoint",
    None,
    "TF1 checkpoint (folder or prefix) or safetensors file to read.",
    required=True,
)
_OUTPUT = flags.DEFINE_string(
    "output", None, "File to write; with --to tf1, folder to write.", required=True
)
_TO = flags.DEFINE_enum("to", "safetensors", ["safetensors", "tf1"], "Format to write.")
_HALF = flags.DEFINE_bool("half", False, "Round to float16: half the size, nearly the same.")
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace an output that exists.")


def main():
    """Converts and prints what was done."""
    cli.load_tensorflow()
    from jppnet_tf import loading

    done = loading.convert(
        _CHECKPOINT.value, _OUTPUT.value, _TO.value, _OVERWRITE.value, _HALF.value
    )
    settings = ", ".join(f"{name}={value}" for name, value in done.config.items())
    print(f"read     {done.source}")
    print(f"model    {done.model}({settings})")
    print(f"wrote    {_OUTPUT.value}: {done.variables} variables, {done.numbers:,} numbers")
    print(f"skipped  {len(done.skipped)} optimizer slots and counters")
    print(f"checksum {done.checksum}")
    print(f"seconds  {done.seconds:.1f}")


if __name__ == "__main__":
    cli.run(main)
