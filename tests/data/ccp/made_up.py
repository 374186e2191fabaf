"""A made-up clone of CCP: drawn people, tags of their pixels, landmarks."""

import cv2
import numpy as np
import scipy.io

from jppnet_tf.data.ccp import tables

TAGS = list(tables.CLASSES)
SIZE_HW = (208, 120)

# A person who faces us: the left of the person is on our right.
_LEFT = {
    11: (75, 50), 13: (82, 75), 15: (86, 98), 17: (88, 104), 19: (86, 106), 21: (84, 103),
    23: (68, 100), 25: (69, 140), 27: (70, 178), 29: (70, 186), 31: (74, 190),
}  # fmt: skip
_FACE = {
    0: (60, 30), 1: (62, 26), 2: (63, 26), 3: (64, 26), 4: (58, 26), 5: (57, 26), 6: (56, 26),
    7: (68, 28), 8: (52, 28), 9: (62, 35), 10: (58, 35),
}  # fmt: skip


def make_landmarks():
    """Landmarks of the person: float32 [33, 4], all of them seen."""
    landmarks = np.zeros((33, 4), np.float32)
    landmarks[:, 3] = 0.9
    for number, xy in _FACE.items():
        landmarks[number, :2] = xy
    for number, (x, y) in _LEFT.items():
        landmarks[number, :2] = x, y
        landmarks[number + 1, :2] = 120 - x, y
    return landmarks


def make_tags():
    """The tag of each pixel, uint8 [h, w]: a person in a t-shirt, shorts and sneakers."""
    tags = np.zeros(SIZE_HW, np.uint8)

    def paint(tag, *corners):
        points = np.array(corners, np.int32)
        cv2.fillPoly(tags, [points], TAGS.index(tag))

    def limb(tag, width, *points):
        cv2.polylines(tags, [np.array(points, np.int32)], False, TAGS.index(tag), width)

    marks = make_landmarks()[:, :2]
    for side in (0, 1):
        limb("skin", 9, *marks[[11 + side, 13 + side, 15 + side, 19 + side]])
        limb("skin", 11, *marks[[23 + side, 25 + side, 27 + side]])
        limb("sneakers", 9, *marks[[29 + side, 31 + side]])
    limb("skin", 12, (60, 36), (60, 50))
    cv2.ellipse(tags, (60, 29), (11, 14), 0, 0, 360, TAGS.index("skin"), -1)
    cv2.ellipse(tags, (60, 20), (12, 8), 0, 180, 360, TAGS.index("hair"), -1)
    paint("t-shirt", (45, 47), (75, 47), (72, 95), (48, 95))
    paint("shorts", (48, 93), (72, 93), (76, 122), (44, 122))
    return tags


def write_clone(folder, labelled=("0001", "0002", "0003", "0007"), others=("0011", "0013")):
    """Writes a clone with a photograph per name; gives the path of its landmarks."""
    for part in ("photos", "annotations/pixel-level", "annotations/image-level"):
        (folder / part).mkdir(parents=True)
    cells = np.empty((1, len(TAGS)), object)
    for number, tag in enumerate(TAGS):
        cells[0, number] = tag
    scipy.io.savemat(folder / "label_list.mat", {"label_list": cells}, do_compression=True)
    tags = make_tags()
    for number, name in enumerate((*labelled, *others)):
        photo = np.full((*SIZE_HW, 3), 40 + number, np.uint8)
        photo[tags > 0] = (200, 100, 50)
        cv2.imwrite(str(folder / "photos" / f"{name}.jpg"), photo)
        listed = {"tags": np.unique(tags)[None]}
        scipy.io.savemat(
            folder / "annotations" / "image-level" / f"{name}.mat", listed, do_compression=True
        )
        if name in labelled:
            path = folder / "annotations" / "pixel-level" / f"{name}.mat"
            scipy.io.savemat(path, {"groundtruth": tags}, do_compression=True)
    names = np.array([*labelled, *others])
    landmarks = np.stack([make_landmarks()] * len(names))
    np.savez(folder / "landmarks.npz", name=names, landmarks=landmarks)
    return folder / "landmarks.npz"
