"""Makes our layers known to Keras, whichever of the two packages is imported first.

Keras finds the class of a saved layer only after that class was registered, which importing
`jppnet_tf.models.layers` does. Importing it from here at once would load TensorFlow with every
`import jppnet_tf`, so it waits until somebody imports Keras.
"""

import importlib
import importlib.abc
import importlib.machinery
import sys

_LAYERS = "jppnet_tf.models.layers"


class _AfterKeras(importlib.abc.MetaPathFinder):
    """Finds `keras` as usual, and has our layers imported right after it."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname != "keras":
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_both(module):
                load(module)
                if self in sys.meta_path:
                    sys.meta_path.remove(self)
                    importlib.import_module(_LAYERS)

            spec.loader.exec_module = load_both  # type: ignore[method-assign]
        return spec


def register_layers() -> None:
    """Registers our layers now if Keras is loaded, else as soon as it is."""
    if "keras" in sys.modules:
        importlib.import_module(_LAYERS)
    else:
        sys.meta_path.insert(0, _AfterKeras())
