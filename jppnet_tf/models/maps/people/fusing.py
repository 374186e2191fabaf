"""PersonLab's maps of several scales and of the mirror image made into one."""

from collections.abc import Mapping, Sequence

import numpy as np

from jppnet_tf.labels import COCO_JOINTS
from jppnet_tf.models.maps.people.decoding import Maps
from jppnet_tf.models.maps.people.skeleton import DIRECTED_EDGES
from jppnet_tf.models.maps.sampling import bilinear_weights

_JOINTS = COCO_JOINTS.mirror
_EDGES = tuple(DIRECTED_EDGES.index((_JOINTS[a], _JOINTS[b])) for a, b in DIRECTED_EDGES)
_PARTNERS = {"heatmaps": _JOINTS, "short": _JOINTS, "mid": _EDGES, "long": _JOINTS}
"""Of each output, the field of the mirrored map that each field comes from."""
_OFFSETS = ("short", "mid", "long")


def fuse_maps(
    maps: Mapping[str, Sequence[np.ndarray]], fitted: Sequence[Sequence[int]], stride: int
) -> Maps:
    """The mean of all looks, at the cells of the first scale.

    Args:
        maps: dict of PersonLab's outputs, perhaps without `long` and `segmentation`, each a list
            with, per scale, float32 [n, h, w, channels]; n is 1, or 2 where the second belongs to
            the mirrored input.
        fitted: per scale, the (height, width) of the image in the input.
        stride: pixels between cells.

    Returns:
        Maps, offsets in pixels of the first scale's input.
    """
    means = {
        name: np.mean(
            [
                _resize(_turn(values, name), fitted[0], size_hw, scales[0].shape[1:3], stride, name)
                for values, size_hw in zip(scales, fitted, strict=True)
            ],
            axis=0,
        )
        for name, scales in maps.items()
    }
    if "segmentation" not in means:
        return Maps(**means, long=None, segmentation=None, stride=stride)
    segmentation = means.pop("segmentation")[..., 0]
    return Maps(**means, segmentation=segmentation, stride=stride)


def _turn(values, name):
    """Of one scale: the mean with the mirrored map, un-mirrored; logits become probabilities."""
    values = values.astype(np.float32)
    if name not in _OFFSETS:
        values = 1 / (1 + np.exp(-values))
    if len(values) == 1:
        return values[0]
    turned = values[1][:, ::-1]
    if name in _OFFSETS:
        fields = turned.reshape(*turned.shape[:2], -1, 2)[:, :, list(_PARTNERS[name])]
        turned = (fields * np.array([-1, 1], np.float32)).reshape(turned.shape)
    elif name in _PARTNERS:
        turned = turned[..., list(_PARTNERS[name])]
    return (values[0] + turned) / 2


def _resize(values, base_hw, size_hw, map_hw, stride, name):
    """A map at the cells of the first scale, its offsets in pixels there."""
    if tuple(size_hw) == tuple(base_hw):
        return values
    ratios = [side / base for side, base in zip(size_hw, base_hw, strict=True)]
    for axis, (ratio, cells) in enumerate(zip(ratios, map_hw, strict=True)):
        places = ((stride * np.arange(cells) + 0.5) * ratio - 0.5) / stride
        last = values.shape[axis] - 1
        weights = bilinear_weights(np.clip(places, 0, last), last + 1)
        values = np.moveaxis(np.tensordot(weights, values, (1, axis)), 0, axis)
    if name in _OFFSETS:
        values[..., 0::2] /= np.float32(ratios[1])
        values[..., 1::2] /= np.float32(ratios[0])
    return values
