"""Tensor functions: the network's input, resizes as TF1 and Caffe did them, fusing of maps.

TF1 sampled an image of n pixels for a result of m at `i * n / m`, without the half-pixel centres
that `tf.image.resize` and OpenCV use. Whatever has to agree with the original resizes as here.
"""

import numpy as np
import tensorflow as tf

MEAN_BGR = (104.00698793, 116.66876762, 122.67891434)
"""The mean colour that JPPNet was trained with."""

SS_MEAN_BGR = (104.008, 116.669, 122.675)
"""The one that SS-JPPNet was trained with."""


def preprocess(rgb, mean_bgr=MEAN_BGR):
    """What JPPNet and SS-JPPNet read: BGR minus the mean, not scaled.

    Args:
        rgb: uint8 or float [..., 3], 0..255, array or tensor.
        mean_bgr: MEAN_BGR for JPPNet, SS_MEAN_BGR for SS-JPPNet.

    Returns:
        float32 tensor of the same shape, about -123..151.

    Reference:
        LIP_JPPNet utils/image_reader.py, IMG_MEAN.
    """
    return tf.cast(rgb, tf.float32)[..., ::-1] - tf.constant(mean_bgr, tf.float32)


def scale_rgb(rgb):
    """What LIP-Net reads: RGB from 0 to 1.

    Args:
        rgb: uint8 or float [..., 3], 0..255, array or tensor.

    Returns:
        float32 tensor of the same shape.
    """
    return tf.cast(rgb, tf.float32) / 255


def resize_bilinear(images, size_hw):
    """Bilinear resize as TF1 did it.

    Args:
        images: [batch, h, w, channels].
        size_hw: (height, width) of the result.

    Returns:
        float32 tensor [batch, height, width, channels].
    """
    return tf.raw_ops.ResizeBilinear(
        images=images, size=size_hw, align_corners=False, half_pixel_centers=False
    )


def resize_nearest(images, size_hw):
    """Nearest-neighbour resize as TF1 did it: the pixel up and left of the sampling point.

    Args:
        images: [batch, h, w, channels].
        size_hw: (height, width) of the result.

    Returns:
        Tensor [batch, height, width, channels] of the dtype of `images`.
    """
    return tf.raw_ops.ResizeNearestNeighbor(
        images=images, size=size_hw, align_corners=False, half_pixel_centers=False
    )


def pad_to_multiple(images, multiple):
    """Adds zeros below and to the right, up to sides that are multiples.

    Args:
        images: [batch, h, w, channels].
        multiple: int.

    Returns:
        Tensor of the same dtype.
    """
    below, right = (-side % multiple for side in _sides(images))
    return tf.pad(images, [[0, 0], [0, below], [0, right], [0, 0]])


def crop_to(maps, images):
    """The upper left of maps, as much as images are high and wide."""
    height, width = _sides(images)
    return maps[:, :height, :width]


def _sides(images):
    """[height, width], ints where they are known."""
    static, actual = images.shape[1:3], tf.shape(images)[1:3]
    return [actual[axis] if side is None else side for axis, side in enumerate(static)]


def interp_length(length, shrink=1, zoom=1):
    """How many pixels `interp` makes of `length`: int, or a tensor if that is one."""
    shrunk = (length - 1) // shrink + 1
    return shrunk + (shrunk - 1) * (zoom - 1)


def interp(images, shrink=1, zoom=1):
    """Caffe's Interp layer: bilinear, first and last pixel staying where they are.

    One resampling, from the size that it has to `interp_length`. The interval between two
    neighbours grows by `zoom`, exactly; shrinking cuts off what is over, and is then stretched.

    Args:
        images: floating point [batch, h, w, channels].
        shrink, zoom: ints, at least 1; both given, sizes are shrunk first.

    Returns:
        Tensor of the same dtype.
    """
    size_hw = [interp_length(side, shrink, zoom) for side in _sides(images)]
    resized = tf.raw_ops.ResizeBilinear(images=images, size=size_hw, align_corners=True)
    return tf.cast(resized, images.dtype)


def far_conv(x, kernel, dilation):
    """Dilated convolution with 'SAME' padding, fast on CPUs where the dilation is wide.

    One matrix product gives what each position sends through each tap; the products are then
    moved to where they belong. TensorFlow's own dilated convolution gives the same (but for the
    order of summation), and takes longer, its gradients most of all.

    Args:
        x: floating point [batch, h, w, channels].
        kernel: [size, size, channels, filters] with an odd size, array, tensor or variable.
        dilation: distance between taps in pixels.

    Returns:
        Tensor [batch, h, w, filters].
    """
    kernel = tf.cast(tf.convert_to_tensor(kernel), x.dtype)
    if None in x.shape[1:3]:  # while Keras builds a network: nothing is computed yet
        return tf.nn.conv2d(x, kernel, 1, "SAME", dilations=dilation)
    size, _, channels, filters = kernel.shape
    taps = tf.reshape(tf.transpose(kernel, [2, 0, 1, 3]), [1, 1, channels, -1])
    products = tf.nn.conv2d(x, taps, 1, "VALID")
    reach = [dilation * (tap - size // 2) for tap in range(size)]
    offsets = [(dy, dx) for dy in reach for dx in reach]
    parts = tf.split(products, [filters] * len(offsets), axis=-1)
    height, width = x.shape[1:3]
    return tf.add_n(
        [
            _shift(part, dy, dx)
            for part, (dy, dx) in zip(parts, offsets, strict=True)
            if abs(dy) < height and abs(dx) < width  # the others reach nothing
        ]
    )


def _shift(x, dy, dx):
    """What lies `dy` rows below and `dx` columns to the right of each pixel, 0 outside."""
    height, width = x.shape[1:3]
    top, left, bottom, right = max(dy, 0), max(dx, 0), max(-dy, 0), max(-dx, 0)
    inside = x[:, top : height - bottom, left : width - right]
    return tf.pad(inside, [[0, 0], [bottom, top], [right, left], [0, 0]])


def sampling_points(length, source_length):
    """Where TF1's resizes sample one axis.

    Args:
        length: pixels of the result.
        source_length: pixels of the source.

    Returns:
        float32 [length], in source pixels; computed in float32 as TF1 does, because the
        rounding decides which pixel is the nearest.
    """
    scale = np.float32(source_length) / np.float32(length)
    return np.arange(length, dtype=np.float32) * scale


def nearest_indices(length, source_length):
    """The source pixel that `resize_nearest` takes for each pixel of one axis: int [length]."""
    return np.minimum(sampling_points(length, source_length).astype(np.int64), source_length - 1)


def bilinear_weights(points, source_length):
    """Bilinear resizing along one axis as a matrix.

    Args:
        points: floating point [length], where to sample, 0..source_length - 1 (beyond it, the
            last pixel counts): of TF1's resize, `sampling_points`.
        source_length: pixels of the source.

    Returns:
        float32 [length, source_length], rows sum to 1, at most two entries of each are not 0.
    """
    lower = np.minimum(points.astype(np.int64), source_length - 1)
    upper = np.minimum(lower + 1, source_length - 1)
    fraction = points - np.floor(points)
    weights = np.zeros((len(points), source_length), np.float32)
    rows = np.arange(len(points))
    weights[rows, lower] += 1 - fraction
    weights[rows, upper] += fraction
    return weights


def fuse_bilinear(maps, weights, mirror, band_values=1 << 19):
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
        band = 0
        for rows, matrix in zip(widened, matrices, strict=True):
            part = matrix[start : start + step]
            used = np.flatnonzero(part.any(axis=0))
            used = slice(used[0], used[-1] + 1)
            band = band + part[:, used] @ rows[used]
        yield start, band.reshape(-1, channels, width)


def decode_parsing(maps, weights, mirror, last_of_ties=False):
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


def score_classes(maps, weights, mirror, parsing):
    """How sure each class is: the mean probability that its pixels have of it.

    Probabilities are the softmax of the fused logits.

    Args:
        maps, weights, mirror: as for `decode_parsing`.
        parsing: what that gave, uint8 [height, width].

    Returns:
        float32 [channels], 0..1; nan of classes without a pixel.
    """
    channels = maps[0].shape[-1]
    sums = np.zeros(channels)
    for start, band in fuse_bilinear(maps, weights, mirror):
        ids = parsing[start : start + len(band)].astype(np.intp)
        powers = np.exp(band - band.max(axis=1, keepdims=True))
        chosen = np.take_along_axis(powers, ids[:, None], axis=1)[:, 0] / powers.sum(axis=1)
        sums += np.bincount(ids.ravel(), chosen.ravel(), channels)
    counts = np.bincount(parsing.ravel(), minlength=channels)
    return np.where(counts, sums / np.maximum(counts, 1), np.nan).astype(np.float32)


def _widen(maps, weights, mirror):
    """Resizes the columns of [n, h, w, channels] and un-mirrors: [h, channels * width]."""
    rows = weights @ maps  # [n, h, width, channels]
    fused = rows[0]
    if len(rows) == 2:
        # Bilinear sampling is not symmetric: the mirrored map is resized first, then turned back.
        fused = (fused + rows[1][:, ::-1, list(mirror)]) / 2
    return np.ascontiguousarray(fused.transpose(0, 2, 1)).reshape(len(fused), -1)


def fuse_nearest(maps, size_hw, mirror, ys=slice(None), xs=slice(None)):
    """Means of maps of several scales, resized to one size by nearest neighbour.

    Args:
        maps, mirror: as for `fuse_bilinear`.
        size_hw: (height, width) of the result.
        ys, xs: the rows and columns of the result that are wanted; all by default.

    Returns:
        float32 array [rows, columns, channels].
    """
    height, width = size_hw
    straight, mirrored = 0, 0
    for scale_maps in maps:
        rows = nearest_indices(height, scale_maps.shape[1])[ys]
        columns = nearest_indices(width, scale_maps.shape[2])
        straight = straight + scale_maps[0][rows][:, columns[xs]]
        if len(scale_maps) == 2:
            turned = scale_maps[1][rows][:, columns[::-1][xs]]
            mirrored = mirrored + turned[..., list(mirror)]
    fused = straight / len(maps)
    return (fused + mirrored / len(maps)) / 2 if np.ndim(mirrored) else fused


def nearest_breaks(lengths, length, mirrored):
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


def random_generator(seed):
    """Random numbers whose state tf.train.Checkpoint keeps: tf.random.Generator."""
    return tf.random.Generator.from_seed(seed)


def dropout(x, rate, generator):
    """Sets a share of the values to 0, and enlarges the others so that the mean stays.

    Args:
        x: floating point, of any shape.
        rate: the share, 0 to below 1.
        generator: as `random_generator` gives it.

    Returns:
        The same shape and type.
    """
    return tf.nn.experimental.general_dropout(x, rate, generator.uniform)
