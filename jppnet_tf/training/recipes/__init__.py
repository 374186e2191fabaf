"""Recipes: settings of training runs, one file each."""

import importlib
import importlib.util
import pathlib
import pkgutil
import traceback

from jppnet_tf.system.errors import InputError
from jppnet_tf.training.settings import Settings


def load_recipe(name: str) -> Settings:
    """Loads the settings of a recipe.

    Args:
        name: of a module in `jppnet_tf.training.recipes`, or path of a Python file that sets
            SETTINGS.

    Returns:
        Settings.

    Raises:
        InputError: there is none of that name, it fails, or it has no SETTINGS.
    """
    known = sorted(module.name for module in pkgutil.iter_modules(__path__))
    if name in known:
        return importlib.import_module(f"{__name__}.{name}").SETTINGS
    path = pathlib.Path(name)
    if path.suffix != ".py" or not path.is_file():
        raise InputError(
            f"recipe {name}: no Python file, and none of the package's: {', '.join(known)}"
        )
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None  # as of any name that ends with .py
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        where = _find_line(error, path)
        raise InputError(f"recipe {path}{where}: {type(error).__name__}: {error}") from None
    settings = getattr(module, "SETTINGS", None)
    if not isinstance(settings, Settings):
        raise InputError(f"recipe {path}: it must set SETTINGS = Settings(...)")
    return settings


def _find_line(error, path):
    """Where in a recipe an error came about: ", line 7"; "" if that is not known."""
    if isinstance(error, SyntaxError):
        return f", line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(path)]
    return f", line {lines[-1]}" if lines else ""
