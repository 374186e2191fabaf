"""JPPNet in today's TensorFlow: human parsing and pose, with the released weights.

The public names load on first use: `import jppnet_tf` alone does not load TensorFlow.
"""

import importlib
import os
import typing

from jppnet_tf.models.registration import register_layers

if typing.TYPE_CHECKING:  # the same names as below, for tools that read types
    from jppnet_tf.inference.predictor import Predictor as Predictor
    from jppnet_tf.labels import LIP as LIP
    from jppnet_tf.labels import LIP_JOINTS as LIP_JOINTS
    from jppnet_tf.models.jppnet import JPPNet as JPPNet
    from jppnet_tf.models.lip_net import LIPNet as LIPNet
    from jppnet_tf.models.maps.colours import preprocess as preprocess
    from jppnet_tf.models.personlab import PersonLab as PersonLab
    from jppnet_tf.models.ss_jppnet import SSJPPNet as SSJPPNet
    from jppnet_tf.predictions.prediction import Prediction as Prediction
    from jppnet_tf.system.errors import InputError as InputError
    from jppnet_tf.weights.loading import load_model as load_model
    from jppnet_tf.weights.loading import load_weights as load_weights
    from jppnet_tf.weights.loading import save_weights as save_weights

# TensorFlow greets everybody with lines about the machine. Whoever wants them sets another level.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

__version__ = "0.1.0"

_HOMES = {
    "InputError": "system.errors",
    "JPPNet": "models.jppnet",
    "LIP": "labels",
    "LIPNet": "models.lip_net",
    "LIP_JOINTS": "labels",
    "PersonLab": "models.personlab",
    "Prediction": "predictions.prediction",
    "Predictor": "inference.predictor",
    "SSJPPNet": "models.ss_jppnet",
    "load_model": "weights.loading",
    "load_weights": "weights.loading",
    "preprocess": "models.maps.colours",
    "save_weights": "weights.loading",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> typing.Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


register_layers()
