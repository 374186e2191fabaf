"""Masks as COCO writes them: polygons, or the lengths of runs."""

import typing
from collections.abc import Sequence

import numpy as np
from pycocotools import mask as coco_masks


def encode_mask(mask: np.ndarray) -> dict:
    """COCO's compressed run lengths of a mask, bool [h, w]: dict of `size` and `counts`, a str."""
    runs = coco_masks.encode(np.asfortranarray(mask.astype(np.uint8)))
    return {"size": list(map(int, runs["size"])), "counts": runs["counts"].decode()}


def decode_mask(segmentation: list | dict, size_hw: Sequence[int]) -> np.ndarray:
    """The pixels of an annotation: polygons, or run lengths of either kind.

    Args:
        segmentation: as in COCO's list.
        size_hw: (height, width) of the image.

    Returns:
        bool [h, w].

    Raises:
        ValueError: it is not a mask, or of another size.
    """
    size_hw = tuple(size_hw)
    runs: typing.Any = segmentation
    try:
        if isinstance(segmentation, list):
            runs = coco_masks.merge(coco_masks.frPyObjects(segmentation, *size_hw))
        elif tuple(segmentation["size"]) != size_hw:
            raise ValueError(f"it is of {segmentation['size']} pixels, not of {[*size_hw]}")
        elif not isinstance(segmentation["counts"], (str, bytes)):
            if min(segmentation["counts"], default=0) < 0:
                raise ValueError("it has negative runs")
            runs = coco_masks.frPyObjects(segmentation, *size_hw)
        mask = coco_masks.decode(runs)
    except Exception as error:  # pycocotools raises that very class
        raise ValueError(str(error)) from None
    if mask.shape != size_hw or mask.max(initial=0) > 1:  # what no run wrote is chance
        raise ValueError("its runs do not fill it")
    return mask.astype(bool)
