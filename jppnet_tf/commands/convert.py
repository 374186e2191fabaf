"""Converts weights from one kind of file to another.

  jppnet convert --checkpoint JPPNet-s2 --output jppnet.safetensors
  jppnet convert --checkpoint jppnet.safetensors --to tf1 --output JPPNet-s2-copy
  jppnet convert --checkpoint attention+ssl.caffemodel --output ss_jppnet.safetensors
  jppnet convert --checkpoint bodypix/model-stride16.json --output bodypix.safetensors

Reads the released TF1 checkpoint, the released caffemodel, PoseNet's or BodyPix's ResNet-50 as
TensorFlow.js has it, or a safetensors file, and writes a safetensors file, or a TF1 checkpoint
again. Variables keep their values bit for bit, unless --half rounds them; batch normalization of
TensorFlow.js's graphs becomes a factor and an addend.

Exit status: 0 done; 2 wrong flags or input, or the output could not be written; 130 interrupted.
"""

from absl import flags

from jppnet_tf.commands import cli
from jppnet_tf.models.families import FAMILIES

FLAGS = flags.FlagValues()

_CHECKPOINT = flags.DEFINE_string(
    "checkpoint",
    None,
    "What to read: a TF1 checkpoint (folder or prefix), a caffemodel, TensorFlow.js's model (JSON "
    "file or its folder), a safetensors file, or the name of weights that ship.",
    required=True,
    flag_values=FLAGS,
)
_OUTPUT = flags.DEFINE_string(
    "output",
    None,
    "File to write; with --to tf1, folder to write.",
    required=True,
    flag_values=FLAGS,
)
_MODEL = flags.DEFINE_enum(
    "model", None, list(FAMILIES), "Whose weights they must be; without it, any.", flag_values=FLAGS
)
_TO = flags.DEFINE_enum(
    "to", "safetensors", ["safetensors", "tf1"], "Format to write.", flag_values=FLAGS
)
_HALF = flags.DEFINE_bool(
    "half", False, "Round to float16: half the size, nearly the same.", flag_values=FLAGS
)
_OVERWRITE = flags.DEFINE_bool(
    "overwrite", False, "Replace an output that exists.", flag_values=FLAGS
)


def main() -> None:
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
    print(f"skipped  {len(done.skipped)} optimizer slots, counters, equal copies or other outputs")
    print(f"checksum {done.checksum}")
    print(f"seconds  {done.seconds:.1f}")
