"""Our trunk laid on the pixels that open_nsfw's network sees."""

import keras
import numpy as np

from jppnet_tf.models.blocks import KerasBlocks
from jppnet_tf.models.resnet import resnet


class TheirPadding(KerasBlocks):
    """Blocks that pad as open_nsfw does: alike on all sides before the first convolution."""

    def conv(self, x, name, filters, size, **options):
        if name != "conv1":
            return super().conv(x, name, filters, size, **options)
        x = keras.layers.ZeroPadding2D(3)(x)
        kept = {key: options[key] for key in ("bias",)}
        layer = keras.layers.Conv2D(filters, size, 2, "valid", use_bias=kept["bias"], name=name)
        return layer(x)

    def max_pool(self, x, name, size, stride):
        # At the end only, with zeros, which are no higher than what a ReLU gives.
        x = keras.layers.ZeroPadding2D(((0, 1), (0, 1)))(x)
        return keras.layers.MaxPooling2D(size, stride, "valid", name=name)(x)


def build_trunk(width, units, stem):
    """A keras.Model of our trunk with their padding, giving the last stage's features."""
    image = keras.Input((None, None, 3))
    blocks = TheirPadding()
    outputs = resnet(blocks, image, lambda full: int(full * width), units, stem)
    return keras.Model(image, outputs[-1], name="trunk")


def compare_features(trunk, model_bytes, image, output):
    """Their features by onnxruntime, and ours at the pixels that they have: two arrays.

    Args:
        trunk: of `build_trunk`, with their weights.
        model_bytes: of the ONNX file, `output` being one of its outputs.
        image: float32 [1, h, w, 3], sides multiples of 32.
        output: the name of their last stage's features.
    """
    import onnxruntime

    session = onnxruntime.InferenceSession(model_bytes, providers=["CPUExecutionProvider"])
    theirs = session.run([output], {session.get_inputs()[0].name: image})[0]
    ours = np.asarray(trunk(image))
    return theirs.transpose(0, 2, 3, 1), ours[:, ::4, ::4]
