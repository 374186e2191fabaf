"""Maps of several scales and of the mirror image made into one, in numpy."""

from collections.abc import Iterator, Sequence

import numpy as np

from jppnet_tf.models.maps.sampling import nearest_indices


def fuse_bilinear(
    maps: Sequence[np.ndarray],
    weights: Sequence[tuple[np.ndarray, ...]],
    mirror: Sequence[int],
    band_values: int = 1 << 19,
) -> Iterator[tuple[int, np.ndarray]]:
    """Means of maps of several scales, resized to one size, in bands of rows.

    Equal to resizing each map, un-mirroring the mirrored ones and taking means, up to float32
    rounding; but a whole map of a large photograph never exists at once.

    Args:
        maps: list with, per scale, float32 array [n, h, w, channels]; n is 1, or 2 where the
            second belongs to the mirrored image.
        weights: list with, per scale, the matrices of `bilinear_weights` for rows and columns.
        mirror: per channel, the channel of the mirrored map it comes from.
        band_values: how many numbers a band may hold, about.

    Yields:
        (first row, float32 array [rows, channels, width]): channels before columns, which is
        how the classes are compared fastest.
    """
    height, width = (len(matrix) for matrix in weights[0])
    pairs = list(zip(maps, weights, strict=True))
    widened = [_widen(scale_maps, columns, mirror) for scale_maps, (_, columns) in pairs]
    matrices = [rows / len(maps) for _, (rows, _) in pairs]
    channels = maps[0].shape[-1]
    step = max(1, band_values // (channels * width))
    for start in range(0, height, step):
        band = np.float32(0)
        for rows, matrix in zip(widened, matrices, strict=True):
            part = matrix[start : start + step]
            places = np.flatnonzero(part.any(axis=0))
            used = slice(places[0], places[-1] + 1)
            band = band + part[:, used] @ rows[used]
        yield start, band.reshape(-1, channels, width)


def decode_parsing(
    maps: Sequence[np.ndarray],
    weights: Sequence[tuple[np.ndarray, ...]],
    mirror: Sequence[int],
    last_of_ties: bool = False,
) -> np.ndarray:
    """The class of each pixel: the highest of the fused logits.

    Args:
        maps, weights, mirror: as for `fuse_bilinear`, at most 256 channels.
        last_of_ties: which of equal classes counts: False is the first, True the last.

    Returns:
        uint8 array [height, width].
    """
    parsing = np.empty([len(matrix) for matrix in weights[0]], np.uint8)
    for start, band in fuse_bilinear(maps, weights, mirror):
        if last_of_ties:
            ids = band.shape[1] - 1 - band[:, ::-1].argmax(axis=1)
        else:
            ids = band.argmax(axis=1)
        parsing[start : start + len(band)] = ids
    return parsing


def score_pixels(
    maps: Sequence[np.ndarray],
    weights: Sequence[tuple[np.ndarray, ...]],
    mirror: Sequence[int],
    parsing: np.ndarray,
) -> np.ndarray:
    """How probable each pixel's class is: by the softmax of the fused logits.

    Args:
        maps, weights, mirror: as for `decode_parsing`.
        parsing: what that gave, uint8 [height, width].

    Returns:
        float32 [height, width], 0..1.
    """
    found = np.empty(parsing.shape, np.float32)
    for start, band in fuse_bilinear(maps, weights, mirror):
        part = np.s_[start : start + len(band)]
        ids = parsing[part].astype(np.intp)
        powers = np.exp(band - band.max(axis=1, keepdims=True))
        chosen = np.take_along_axis(powers, ids[:, None], axis=1)[:, 0]
        found[part] = chosen / powers.sum(axis=1)
    return found


def score_classes(confidence: np.ndarray, parsing: np.ndarray, count: int) -> np.ndarray:
    """How sure each class is: the mean probability that its pixels have of it.

    Args:
        confidence: float32 [height, width], as `score_pixels` gives it.
        parsing: uint8 [height, width].
        count: how many classes there are.

    Returns:
        float32 [count], 0..1; nan of classes without a pixel.
    """
    sums = np.bincount(parsing.ravel(), confidence.ravel(), count)
    pixels = np.bincount(parsing.ravel(), minlength=count)
    return np.where(pixels, sums / np.maximum(pixels, 1), np.nan).astype(np.float32)


def _widen(maps, weights, mirror):
    """Resizes the columns of [n, h, w, channels] and un-mirrors: [h, channels * width]."""
    rows = weights @ maps  # [n, h, width, channels]
    fused = rows[0]
    if len(rows) == 2:
        # Bilinear sampling is not symmetric: the mirrored map is resized first, then turned back.
        fused = (fused + rows[1][:, ::-1, list(mirror)]) / 2
    return np.ascontiguousarray(fused.transpose(0, 2, 1)).reshape(len(fused), -1)


def fuse_nearest(
    maps: Sequence[np.ndarray],
    size_hw: Sequence[int],
    mirror: Sequence[int],
    ys: np.ndarray | slice = slice(None),
    xs: np.ndarray | slice = slice(None),
) -> np.ndarray:
    """Means of maps of several scales, resized to one size by nearest neighbour.

    Args:
        maps, mirror: as for `fuse_bilinear`.
        size_hw: (height, width) of the result.
        ys, xs: the rows and columns of the result that are wanted; all by default.

    Returns:
        float32 array [rows, columns, channels].
    """
    height, width = size_hw
    straight = mirrored = np.zeros((), np.float32)
    for scale_maps in maps:
        rows = nearest_indices(height, scale_maps.shape[1])[ys]
        columns = nearest_indices(width, scale_maps.shape[2])
        straight = straight + scale_maps[0][rows][:, columns[xs]]
        if len(scale_maps) == 2:
            turned = scale_maps[1][rows][:, columns[::-1][xs]]
            mirrored = mirrored + turned[..., list(mirror)]
    fused = straight / len(maps)
    return (fused + mirrored / len(maps)) / 2 if np.ndim(mirrored) else fused


def nearest_breaks(lengths: Sequence[int], length: int, mirrored: bool) -> np.ndarray:
    """Where, along one axis, any of several maps resized by nearest neighbour moves on.

    Between two breaks every fused value is the same.

    Args:
        lengths: the maps' sizes along that axis.
        length: the size they are resized to.
        mirrored: whether mirrored maps, turned back, join in.

    Returns:
        Sorted int array of positions, the first of them 0.
    """
    steps = [np.diff(nearest_indices(length, source)) != 0 for source in lengths]
    if mirrored:
        steps += [step[::-1] for step in steps]
    return np.concatenate([[0], np.flatnonzero(np.any(steps, axis=0)) + 1])
