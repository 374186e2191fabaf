"""Exports a network for other programs, and compares the result with Keras.

  jppnet export --weights W --format saved_model --output jppnet
  jppnet export --weights W --format onnx --output jppnet.onnx
  jppnet export --weights W --format tflite --size 256,192 --output jppnet.tflite

saved_model does everything from a photograph's bytes to labels and joints; onnx, tflite and
openvino (.xml and .bin) hold the network alone; frozen_graph is what OpenCV's human parsing sample
reads. docs/export.md tells how to use each.

Exit status: 0 written and equal; 2 wrong flags or input, or the result differs from Keras.
"""

from absl import flags

from jppnet_tf.commands import cli

FLAGS = flags.FlagValues()

_WEIGHTS = flags.DEFINE_string(
    "weights",
    None,
    "Safetensors file, TF1 checkpoint (folder or prefix), caffemodel, or the name of weights that "
    "ship: photos, photos_lip_net, figures, figures_lip_net.",
    required=True,
    flag_values=FLAGS,
)
_FORMAT = flags.DEFINE_enum(
    "format",
    None,
    ["saved_model", "onnx", "tflite", "openvino", "frozen_graph"],
    "What to write.",
    required=True,
    flag_values=FLAGS,
)
_OUTPUT = flags.DEFINE_string(
    "output", None, "File to write, or folder.", required=True, flag_values=FLAGS
)
_SIZE = flags.DEFINE_list(
    "size",
    None,
    "Height,width of the network's input; without it, what the weights state.",
    flag_values=FLAGS,
)
_SCALES = flags.DEFINE_list(
    "scales",
    None,
    "Factors on the size, of saved_model and frozen_graph; without it, the original's.",
    flag_values=FLAGS,
)
_MIRROR = flags.DEFINE_bool(
    "mirror",
    None,
    "saved_model: look at the mirror image too; without it, as the original did. Networks alone: "
    "take a batch of two, an image and its mirror image.",
    flag_values=FLAGS,
)
_IMAGE = flags.DEFINE_string(
    "image", None, "Picture to compare on; without it, a person is rendered.", flag_values=FLAGS
)
_TOLERANCE = flags.DEFINE_float(
    "tolerance",
    1e-4,
    "Largest difference from Keras allowed, as a share of the largest number.",
    flag_values=FLAGS,
)
_OVERWRITE = flags.DEFINE_bool(
    "overwrite", False, "Replace an output that exists.", flag_values=FLAGS
)


def main() -> None:
    """Exports and prints how near it is."""
    scales = cli.parse_numbers("--scales", _SCALES.value)
    size = cli.parse_numbers("--size", _SIZE.value)
    cli.load_tensorflow()
    from jppnet_tf.export import export

    done = export(
        _WEIGHTS.value,
        _OUTPUT.value,
        _FORMAT.value,
        scales,
        _MIRROR.value,
        size,
        _IMAGE.value,
        _TOLERANCE.value,
        _OVERWRITE.value,
    )
    height, width = done.input_hw
    print(f"network  {height} x {width}, scales {done.scales}, mirror image {done.mirror}")
    print(f"wrote    {_OUTPUT.value}: {len(done.files)} files, {done.size:,} bytes")
    for difference in done.differences:
        print(f"checked  {difference}")
