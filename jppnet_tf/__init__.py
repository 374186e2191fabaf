"""JPPNet in today's TensorFlow: human parsing and pose, with the released weights.

The public names load on first use: `import jppnet_tf` alone does not load TensorFlow.
"""

import importlib

from jppnet_tf.models.registration import register_layers

__version__ = "0.1.0"

_HOMES = {
    "InputError": "system.errors",
    "JPPNet": "models.jppnet",
    "LIP": "labels",
    "LIPNet": "models.lip_net",
    "LIP_JOINTS": "labels",
    "Prediction": "predictions.prediction",
    "Predictor": "inference.predictor",
    "SSJPPNet": "models.ss_jppnet",
    "load_model": "weights.loading",
    "load_weights": "weights.loading",
    "preprocess": "models.maps.colours",
    "save_weights": "weights.loading",
}
__all__ = sorted(_HOMES)


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__():
    return sorted({*globals(), *__all__})


register_layers()
