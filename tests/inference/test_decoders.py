"""People of perfect maps, at several scales and mirrored, in the pixels of the image."""

import numpy as np
import pytest

from jppnet_tf.inference.decoders import PeopleDecoder
from jppnet_tf.labels import COCO_JOINTS
from jppnet_tf.models.maps.framing import Fitted
from jppnet_tf.models.maps.people.fusing import fuse_maps
from jppnet_tf.models.maps.people.targets import encode_people
from jppnet_tf.models.personlab import round_up

SIZE_HW = (300, 420)
INPUT_HW = (241, 241)
# A standing person's joints, x and y as shares of width and height.
SHAPE = np.array(
    [
        *((0.5, 0.08), (0.55, 0.06), (0.45, 0.06), (0.6, 0.08), (0.4, 0.08)),
        *((0.75, 0.22), (0.25, 0.22), (0.85, 0.38), (0.15, 0.38), (0.9, 0.52), (0.1, 0.52)),
        *((0.65, 0.52), (0.35, 0.52), (0.66, 0.73), (0.34, 0.73), (0.68, 0.95), (0.32, 0.95)),
    ]
)
BOXES = ((40, 20, 100, 260), (230, 60, 90, 220))


def draw_people(boxes=BOXES):
    """Joints [people, 17, 3] and masks [people, h, w] in the image."""
    keypoints = np.ones((len(boxes), 17, 3), np.float32)
    masks = np.zeros((len(boxes), *SIZE_HW), bool)
    for person, (x, y, width, height) in enumerate(boxes):
        keypoints[person, :, :2] = SHAPE * (width, height) + (x, y)
        masks[person, y : y + height, x : x + width] = True
    return keypoints, masks


def perfect_maps(keypoints, masks, framing, scales, mirror):
    """What a perfect network says: dict of name to a list of [1 or 2, h, w, channels]."""
    found = {}
    for scale in scales:
        (views,) = framing.frame(np.zeros((*SIZE_HW, 3), np.uint8), (scale,), mirror)
        height, width = views.shape[1:3]
        factors = np.array(framing.fit(SIZE_HW, scale)) / SIZE_HW
        places = keypoints.copy()
        places[..., :2] = (places[..., :2] + 0.5) * factors[::-1] - 0.5
        ys = ((np.arange(0, height, 8) + 0.5) / factors[0] - 0.5).round().astype(int)
        xs = ((np.arange(0, width, 8) + 0.5) / factors[1] - 0.5).round().astype(int)
        padded = np.pad(masks, ((0, 0), (0, 80), (0, 80)))  # the grey beside the image
        cells = padded[:, ys.clip(0)][..., xs.clip(0)]
        looks = [encode(places, cells, (height, width))]
        if mirror:
            turned = places[:, list(COCO_JOINTS.mirror)].copy()
            turned[..., 0] = width - 1 - turned[..., 0]
            looks.append(encode(turned, cells[..., ::-1], (height, width)))
        for name in looks[0]:
            found.setdefault(name, []).append(np.stack([look[name] for look in looks]))
    return found


def encode(keypoints, cells, size_hw):
    nobody = np.zeros(cells.shape[1:], bool)
    targets = encode_people(keypoints, cells, nobody, list(size_hw), 8)
    maps = {name: getattr(targets, name).numpy() for name in ("short", "mid", "long")}
    for name in ("heatmaps", "segmentation"):
        maps[name] = 16 * getattr(targets, name).numpy() - 8
    return maps


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("scales", [(1,), (1, 0.7), (0.7, 1)])
def test_people_are_where_they_are_in_the_image(scales, mirror):
    framing = Fitted(INPUT_HW, round_up)
    keypoints, masks = draw_people()
    maps = perfect_maps(keypoints, masks, framing, scales, mirror)
    prediction = PeopleDecoder(framing, scales, 8).decode(maps, SIZE_HW)
    people = prediction.people
    assert len(people) == 2
    order = np.argsort(people.boxes[:, 0])
    for person, (x, y, width, height) in zip(order, BOXES, strict=True):
        truth = keypoints[np.argmin(np.abs([box[0] - x for box in BOXES]))]
        off = np.abs(people.keypoints[person, :, :2] - truth[:, :2])
        # Disks of two scales end elsewhere, and mixed offsets there lead between.
        assert off.max() < (0.5 if len(scales) == 1 else 4)
        assert people.keypoints[person, :, 2].min() > 0.7
        mask = masks[[box[0] for box in BOXES].index(x)]
        union = (mask | people.masks[person]).sum()
        # Cells are fourteen pixels of the image wide, and where masks of two scales differ, mixed
        # offsets lead to nobody.
        overlap = (mask & people.masks[person]).sum() / union
        assert overlap > (0.8 if len(scales) == 1 else 0.7)
        np.testing.assert_allclose(people.boxes[person], (x, y, width, height), atol=18)
    np.testing.assert_array_equal(prediction.parsing, people.masks.any(axis=0))


def test_mirrored_maps_fuse_to_the_straight_ones():
    framing = Fitted(INPUT_HW, round_up)
    keypoints, masks = draw_people()
    both = perfect_maps(keypoints, masks, framing, (1,), True)
    fitted = [framing.fit(SIZE_HW, 1)]
    fused = fuse_maps(both, fitted, 8)
    straight = fuse_maps({name: [v[0][:1]] for name, v in both.items()}, fitted, 8)
    for name in ("heatmaps", "short", "mid", "segmentation"):
        np.testing.assert_allclose(getattr(fused, name), getattr(straight, name), atol=1e-3)


def test_offsets_of_a_larger_scale_shrink_with_it():
    cells = np.zeros((1, 9, 9, 34), np.float32)
    cells[..., 0::2], cells[..., 1::2] = 30, -15
    large = np.zeros((1, 17, 17, 34), np.float32)
    large[..., 0::2], large[..., 1::2] = 60, -30
    zeros = {name: [np.zeros((1, s, s, c), np.float32) for s in (9, 17)] for name, c in
             (("heatmaps", 17), ("mid", 64), ("long", 34), ("segmentation", 1))}  # fmt: skip
    fused = fuse_maps(zeros | {"short": [cells, large]}, [(65, 65), (130, 130)], 8)
    np.testing.assert_allclose(fused.short, cells[0], rtol=1e-6)


def test_joints_of_somebody_without_pixels_make_the_box():
    framing = Fitted(INPUT_HW, round_up)
    keypoints, masks = draw_people(BOXES[:1])
    maps = perfect_maps(keypoints, masks, framing, (1,), False)
    maps["segmentation"] = [np.full_like(maps["segmentation"][0], -8)]
    prediction = PeopleDecoder(framing, (1,), 8).decode(maps, SIZE_HW)
    assert len(prediction.people) == 1 and not prediction.parsing.any()
    low, high = keypoints[0, :, :2].min(axis=0), keypoints[0, :, :2].max(axis=0)
    np.testing.assert_allclose(prediction.people.boxes[0], (*low, *(high - low)), atol=2)


@pytest.mark.parametrize("scales, mirror", [((1,), False), ((1, 0.7), True)])
def test_a_network_without_masks_gives_joints_and_boxes_around_them(scales, mirror):
    framing = Fitted(INPUT_HW, round_up)
    keypoints, masks = draw_people()
    maps = perfect_maps(keypoints, masks, framing, scales, mirror)
    del maps["long"], maps["segmentation"]
    prediction = PeopleDecoder(framing, scales, 8, class_scores=True).decode(maps, SIZE_HW, "image")
    people = prediction.people[np.argsort(prediction.people.boxes[:, 0])]
    assert people.masks.shape == (2, *SIZE_HW) and not people.masks.any()
    assert not prediction.parsing.any() and np.isnan(prediction.class_scores).all()
    assert np.abs(people.keypoints[..., :2] - keypoints[..., :2]).max() < 4  # of mixed offsets
    low, high = keypoints[..., :2].min(axis=1), keypoints[..., :2].max(axis=1)
    np.testing.assert_allclose(people.boxes, np.concatenate([low, high - low], axis=1), atol=5)


def test_nobody_is_no_error():
    framing = Fitted(INPUT_HW, round_up)
    maps = perfect_maps(*draw_people(()), framing, (1,), True)
    prediction = PeopleDecoder(framing, (1,), 8, class_scores=True).decode(maps, SIZE_HW, "image")
    assert len(prediction.people) == 0 and prediction.heatmaps.shape == (*SIZE_HW, 17)
    assert np.isnan(prediction.class_scores[1]) and prediction.class_scores[0] > 0.99
