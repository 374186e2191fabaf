"""Writes weights in the format of the files that keras.applications hosts."""

import h5py
import numpy as np


def write_legacy(path, arrays):
    """Writes `arrays`, dict of `<layer>/<variable>` to array, and gives the path back."""
    layers = {}
    for name in arrays:
        layers.setdefault(name.split("/")[0], []).append(name)
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = np.array([name.encode() for name in layers])
        for layer, names in layers.items():
            group = file.create_group(layer)
            group.attrs["weight_names"] = np.array([f"{name}:0".encode() for name in names])
            for name in names:
                group[f"{name}:0"] = arrays[name]
    return path


def write_oldest(path, arrays):
    """The same as the Keras wrote that VGG16's file is from: `block1_conv1_W_1` is a kernel."""
    layers = {name.split("/")[0] for name in arrays}
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = np.array([layer.encode() for layer in sorted(layers)])
        for name, array in arrays.items():
            layer, variable = name.split("/")
            letter = {"kernel": "W", "bias": "b"}[variable]
            file[f"{layer}/{layer}_{letter}_1:0"] = array
    return path
