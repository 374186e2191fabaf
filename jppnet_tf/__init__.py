"""JPPNet in today's TensorFlow: human parsing and pose, with the released weights.

The public names load on first use: `import jppnet_tf` alone does not load TensorFlow.
"""

import importlib

from jppnet_tf.registration import register_layers

__version__ = "0.1.0"

_HOMES = {
    "InputError": "errors",
    "JPPNet": "models.jppnet",
    "LIP": "labels",
    "LIPNet": "models.lip_net",
    "LIP_JOINTS": "labels",
    "Prediction": "inference",
    "Predictor": "inference",
    "SSJPPNet": "models.ss_jppnet",
    "load_model": "loading",
    "load_weights": "loading",
    "preprocess": "ops",
    "save_weights": "loading",
}
__all__ = sorted(_HOMES)


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__():
    return sorted({*globals(), *__all__})


register_layers()
