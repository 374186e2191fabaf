"""From the bytes of a photograph to labels and joints inside a TensorFlow graph.

The same steps as Predictor takes in numpy and OpenCV (`models.maps`), on
tensors whose sizes are known only when the graph runs.
"""

import typing
from collections.abc import Callable

import tensorflow as tf

from jppnet_tf.models.maps.colours import SS_MEAN_BGR, preprocess
from jppnet_tf.models.maps.framing import STRIDE, Padded, Stretched

if typing.TYPE_CHECKING:
    from jppnet_tf.inference.predictor import Predictor

FRAMINGS = (Stretched, Padded)
"""The ways to lay an image into a network's input that can be done here."""


def decode_bytes(data: tf.Tensor) -> tf.Tensor:
    """Decodes a JPEG or PNG file: transparent parts over white, EXIF orientation not applied.

    Args:
        data: string tensor [], the file's bytes.

    Returns:
        uint8 tensor [h, w, 3], RGB.
    """
    with tf.device("CPU"):
        return tf.cond(
            tf.io.is_jpeg(data),
            lambda: tf.io.decode_jpeg(data, channels=3),
            lambda: _over_white(tf.io.decode_png(data, channels=4)),
        )


def _over_white(rgba):
    rgba = tf.cast(rgba, tf.int32)
    alpha = rgba[..., 3:]
    return tf.cast((rgba[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255, tf.uint8)


def predict(
    rgb: tf.Tensor, infer: Callable[[tf.Tensor], dict[str, tf.Tensor]], predictor: "Predictor"
) -> dict[str, tf.Tensor]:
    """Labels and joints of a photograph.

    Args:
        rgb: uint8 tensor [h, w, 3].
        infer: function from images [n, height, width, 3] to a dict of maps: `parsing`, and `pose`
            of networks with pose.
        predictor: the Predictor whose framing, scales, mirror and codec count.

    Returns:
        dict of `parsing`, uint8 [h, w], and `keypoints`, float32 [joints, 3], if there is pose.
    """
    framing, scales, codec = predictor.framing, predictor.scales, predictor.decoder.codec
    size_hw = tf.unstack(tf.shape(rgb)[:2])
    with tf.device("CPU"):  # where Predictor resizes too
        inputs = _frame(rgb, framing, scales, predictor.mirror)
    maps = [infer(images) for images in inputs]
    with tf.device("CPU"):
        logits = [tf.debugging.assert_all_finite(m["parsing"], "damaged weights") for m in maps]
        points = [
            _sampling_points(framing, m.shape[1:3], size_hw, scale)
            for m, scale in zip(logits, scales, strict=True)
        ]
        results = {"parsing": _label(logits, points, codec)}
        if "pose" in maps[0]:
            results["keypoints"] = _find_joints([m["pose"] for m in maps], size_hw, codec.joints)
    return results


def _frame(rgb, framing, scales, mirror):
    """As the framing's own `frame`, which for Padded needs to know the image's size."""
    if not isinstance(framing, Padded):
        return framing.frame(rgb, scales, mirror)
    return [_pad(rgb, framing, scale, mirror) for scale in scales]


def _pad(rgb, framing, scale, mirror):
    height, width = sides = tf.unstack(tf.shape(rgb)[:2])
    fitted = _fit(framing, sides, scale)
    floats = tf.cast(rgb, tf.float32)[None]
    resized = tf.case(
        [
            (tf.reduce_all(tf.equal(fitted, sides)), lambda: floats),
            (fitted[0] < height, lambda: tf.raw_ops.ResizeArea(images=floats, size=fitted)),
        ],
        default=lambda: tf.raw_ops.ResizeBilinear(
            images=floats, size=fitted, half_pixel_centers=True
        ),
    )
    image = preprocess(tf.floor(resized[0] + 0.5), SS_MEAN_BGR)
    views = tf.stack([image, image[:, ::-1]] if mirror else [image])
    room = framing.sizes(scale)
    views = tf.pad(views, [[0, 0], [0, room[0] - fitted[0]], [0, room[1] - fitted[1]], [0, 0]])
    return tf.ensure_shape(views, (1 + mirror, *room, 3))


def _fit(framing, size_hw, scale):
    """An image's size in a padded input: int32 [2]. Computed in float64, as Python computes it."""
    sides = tf.cast(tf.stack(size_hw), tf.float64)
    factor = tf.reduce_min(tf.constant(framing.input_hw, tf.float64) / sides)
    fitted = tf.maximum(tf.round(sides * tf.minimum(factor, 1)), 1)
    return tf.cast(tf.maximum(tf.floor(fitted * scale), 1), tf.int32)


def _sampling_points(framing, map_hw, size_hw, scale):
    """Where an image's rows and columns lie among a map's cells: two floating point tensors."""
    if not isinstance(framing, Padded):
        return [_tf1_points(*pair) for pair in zip(size_hw, map_hw, strict=True)]
    fitted = tf.unstack(_fit(framing, size_hw, scale))
    return [_padded_points(*pair) for pair in zip(size_hw, fitted, strict=True)]


def _tf1_points(length, source_length):
    """As `sampling.sampling_points`."""
    scale = tf.cast(source_length, tf.float32) / tf.cast(length, tf.float32)
    return tf.cast(tf.range(length), tf.float32) * scale


def _padded_points(length, fitted):
    """As `Padded.weights` samples: cell i on pixel 8 i of the image in the input."""
    length, fitted = tf.cast(length, tf.float64), tf.cast(fitted, tf.float64)
    spread = (tf.range(length, dtype=tf.float64) + 0.5) * fitted / length - 0.5
    return tf.clip_by_value(spread, 0, fitted - 1) / STRIDE


def _neighbours(points, source_length):
    """The cells on both sides of each point, int32, and how far it is from the first, float32."""
    lower = tf.minimum(tf.cast(points, tf.int32), source_length - 1)
    upper = tf.minimum(lower + 1, source_length - 1)
    return lower, upper, tf.cast(points - tf.floor(points), tf.float32)


def _label(logits, points, codec):
    """The class of each pixel, row by row: a whole map of a large photograph never exists."""
    widened, rows = [], []
    for maps, (ys, xs) in zip(logits, points, strict=True):
        left, right, fraction = _neighbours(xs, maps.shape[2])
        fraction = fraction[:, None]
        columns = tf.gather(maps, left, axis=2) * (1 - fraction)
        widened.append(
            _unmirror(columns + tf.gather(maps, right, axis=2) * fraction, codec.classes)
        )
        rows.append(_neighbours(ys, maps.shape[1]))

    def label_row(neighbours):
        row = tf.add_n(
            [
                maps[above] * (1 - fraction) + maps[below] * fraction
                for maps, (above, below, fraction) in zip(widened, neighbours, strict=True)
            ]
        )
        if codec.last_of_ties:
            return tf.cast(row.shape[-1] - 1 - tf.argmax(row[:, ::-1], axis=-1), tf.uint8)
        return tf.cast(tf.argmax(row, axis=-1), tf.uint8)

    return tf.map_fn(label_row, rows, fn_output_signature=tf.TensorSpec((None,), tf.uint8))


def _unmirror(maps, kind):
    """The mean of a map and the mirrored one behind it, if there is one: [h, w, channels]."""
    if maps.shape[0] == 1:
        return maps[0]
    return (maps[0] + tf.gather(maps[1][:, ::-1], kind.mirror, axis=-1)) / 2


def _find_joints(heatmaps, size_hw, joints):
    """As `heatmaps.decode_joints`: looks at the corners of constant rectangles only."""
    mirrored = heatmaps[0].shape[0] == 2
    rows = [_nearest_indices(size_hw[0], maps.shape[1]) for maps in heatmaps]
    columns = [_nearest_indices(size_hw[1], maps.shape[2]) for maps in heatmaps]
    ys, xs = _breaks(rows, False), _breaks(columns, mirrored)
    straight, turned = tf.constant(0.0), tf.constant(0.0)
    for maps, row, column in zip(heatmaps, rows, columns, strict=True):
        seen = tf.gather(maps, tf.gather(row, ys), axis=1)
        straight += tf.gather(seen[0], tf.gather(column, xs), axis=1)
        if mirrored:
            back = tf.gather(seen[1], tf.gather(column[::-1], xs), axis=1)
            turned += tf.gather(back, joints.mirror, axis=-1)
    fused = straight / len(heatmaps)
    if mirrored:
        fused = (fused + turned / len(heatmaps)) / 2
    flat = tf.reshape(fused, [-1, fused.shape[-1]])
    best = tf.argmax(flat, axis=0, output_type=tf.int32)
    row, column = best // tf.size(xs), best % tf.size(xs)
    places = [tf.cast(tf.gather(xs, column), tf.float32), tf.cast(tf.gather(ys, row), tf.float32)]
    return tf.stack([*places, tf.reduce_max(flat, axis=0)], axis=1)


def _nearest_indices(length, source_length):
    """As `sampling.nearest_indices`."""
    return tf.minimum(tf.cast(_tf1_points(length, source_length), tf.int32), source_length - 1)


def _breaks(indices, mirrored):
    """As `fusing.nearest_breaks`, of the indices of each map."""
    steps = [index[1:] != index[:-1] for index in indices]
    steps += [step[::-1] for step in steps] if mirrored else []
    moves = tf.where(tf.reduce_any(tf.stack(steps), axis=0))[:, 0]
    return tf.concat([[0], tf.cast(moves, tf.int32) + 1], axis=0)
