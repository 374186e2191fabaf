"""How long it takes to decode PersonLab's maps."""

import time
from collections.abc import Callable

import cv2
import numpy as np

from jppnet_tf.commands.benchmark.measuring import ONE_THREAD, run_measure
from jppnet_tf.inference.decoders import FoundMaps, PeopleDecoder
from jppnet_tf.models.maps.framing import Fitted
from jppnet_tf.models.maps.people.decoding import decode_people
from jppnet_tf.models.maps.people.fusing import fuse_maps
from jppnet_tf.models.maps.people.skeleton import EDGES
from jppnet_tf.models.maps.people.targets import encode_people

SIDE = 801
PEOPLE = 10
STRIDE = 8
_STANDING = np.array(
    [
        *((0.5, 0.08), (0.55, 0.06), (0.45, 0.06), (0.6, 0.08), (0.4, 0.08)),
        *((0.75, 0.22), (0.25, 0.22), (0.85, 0.38), (0.15, 0.38), (0.9, 0.52), (0.1, 0.52)),
        *((0.65, 0.52), (0.35, 0.52), (0.66, 0.73), (0.34, 0.73), (0.68, 0.95), (0.32, 0.95)),
    ]
)
"""COCO's joints of somebody who stands, as shares of width and height."""
_SURE = 6.0  # logits where there is something, and with the other sign where there is nothing


def benchmark_decoding(repeats: int) -> dict[str, float]:
    """Times decoding the maps of an input of 801 x 801 with ten people, and prints it.

    Args:
        repeats: how often it is timed; the median counts.

    Returns:
        What `measure_decoding` gives, measured in one thread.
    """
    figures = run_measure({"decode": repeats}, ONE_THREAD)
    print(
        f"\n{PEOPLE} people drawn, {figures['found']} found\n"
        f"maps to people          {figures['people']:8.2f} s\n"
        f"outputs to prediction   {figures['prediction']:8.2f} s"
    )
    return figures


def measure_decoding(repeats: int, seed: int = 0) -> dict[str, float]:
    """Times decoding; OpenCV keeps to one thread, and numpy if the environment says so.

    Args:
        repeats: how often.
        seed: what the maps follow from.

    Returns:
        Median seconds: `people`, from the maps of one look to joints, scores and distances, and
        `prediction`, from the network's outputs to masks in the image; and how many were `found`.
    """
    cv2.setNumThreads(1)
    outputs = make_outputs(PEOPLE, np.random.default_rng(seed))
    framing = Fitted((SIDE, SIDE))
    maps = fuse_maps(outputs, [framing.fit((SIDE, SIDE), 1)], STRIDE)
    decoder = PeopleDecoder(framing, (1,), STRIDE)
    return {
        "people": _time(lambda: decode_people(maps), repeats),
        "prediction": _time(lambda: decoder.decode(outputs, (SIDE, SIDE)), repeats),
        "found": len(decode_people(maps)),
    }


def _time(function: Callable[[], object], repeats: int) -> float:
    """The median of seconds."""
    seconds = []
    for _ in range(repeats):
        begun = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - begun)
    return float(np.median(seconds))


def make_outputs(people: int, rng: np.random.Generator) -> FoundMaps:
    """What PersonLab might say of some people: their targets, and noise.

    Args:
        people: how many stand in the image, 150 to 450 pixels tall, anywhere.
        rng: numpy.random.Generator.

    Returns:
        Maps of one look, logits and refined offsets in pixels.
    """
    keypoints = np.ones((people, 17, 3), np.float32)
    masks = np.zeros((people, SIDE, SIDE), np.uint8)
    for joints, mask in zip(keypoints, masks, strict=True):
        height = rng.uniform(150, 450)
        size_xy = np.array([0.4 * height, height])
        jittered = _STANDING + rng.normal(0, 0.03, _STANDING.shape)
        joints[:, :2] = jittered * size_xy + rng.uniform(0, 1, 2) * (SIDE - size_xy)
        _draw_person(mask, joints[:, :2], 0.08 * height)
    cells = masks[:, ::STRIDE, ::STRIDE] > 0
    nobody = np.zeros(cells.shape[1:], np.bool_)
    targets = encode_people(keypoints, cells, nobody, [SIDE, SIDE], STRIDE)
    outputs = {}
    for name in ("heatmaps", "short", "mid", "long", "segmentation"):
        values = np.array(getattr(targets, name))[None]
        if name in ("heatmaps", "segmentation"):
            values = _SURE * (2 * values - 1)
        outputs[name] = [values + rng.standard_normal(values.shape, np.float32)]
    return outputs


def _draw_person(mask, joints_xy, thickness):
    """Limbs as thick lines, and the trunk between shoulders and hips."""
    points = joints_xy.round().astype(np.int32)
    for start, end in EDGES:
        cv2.line(mask, points[start].tolist(), points[end].tolist(), 1, int(thickness))
    cv2.fillConvexPoly(mask, points[[5, 6, 12, 11]], 1)
