"""Scenes of several people as a data set in COCO's form, and in CIHP's."""

import contextlib
import json
import os
import pathlib
import shutil
import typing
from collections.abc import Callable

import cv2
import numpy as np

from jppnet_tf.data.cihp import FOLDERS
from jppnet_tf.data.groups import cihp_layout
from jppnet_tf.data.groups.composing import Scene, find_boxes
from jppnet_tf.labels import COCO_JOINTS
from jppnet_tf.system import files
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.processes import map_jobs

_CATEGORY = {
    "id": 1,
    "name": "person",
    "supercategory": "person",
    "keypoints": [name.replace(" ", "_") for name in COCO_JOINTS.names],
    "skeleton": [[a + 1, b + 1] for a, b in COCO_JOINTS.limb_indices],
}


def group_places(folder: str | os.PathLike, split: str) -> dict[str, pathlib.Path]:
    """Where the parts of a split lie: dict of "images", "annotations", "exact", "labels" and "list"
    (the last two in CIHP's layout) to a path."""
    folder = pathlib.Path(folder)
    return {
        "images": folder / split,
        "annotations": folder / "annotations" / f"person_keypoints_{split}.json",
        "exact": folder / "annotations" / f"exact_keypoints_{split}.npz",
        "labels": folder / FOLDERS[split],
        "list": folder / f"{split}_id.txt",
    }


def check_groups_are_free(folder: str | os.PathLike, split: str, overwrite: bool) -> None:
    """Refuses to write where a split lies.

    Raises:
        InputError: there is one, and it may not be replaced.
    """
    there = [path for path in group_places(folder, split).values() if path.exists()]
    if there and not overwrite:
        raise InputError(f"{there[0]}: exists already; pass --overwrite to replace the split")


def write_groups(
    folder: str | os.PathLike,
    split: str,
    count: int,
    draw: Callable[[int], Scene],
    overwrite: bool = False,
    processes: int | None = None,
    on_scene: Callable[[], object] | None = None,
) -> None:
    """Draws a split of a data set in COCO's form, and in CIHP's.

    `annotations/person_keypoints_<split>.json` lists images and people, joints as whole numbers as
    COCO has them; `exact_keypoints_<split>.npz` holds them as they are (`ids` of annotations [n],
    `keypoints` float32 [n, 17, 3]). `Training` or `Validation` holds the same images, and the
    class, person and part of each pixel, see `cihp_layout`; `<split>_id.txt` lists them. The files
    appear in their places when all are done. With more than one process, a script that calls this
    needs `if __name__ == "__main__":`.

    Args:
        folder: where the data set lies or shall lie; the other split may be there already.
        split: "train" or "val".
        count: number of scenes, at least 1.
        draw: function of a scene's number that draws it; goes to other processes.
        overwrite: whether a split that is there already may be replaced.
        processes: how many work at once; None for one per core.
        on_scene: function of no argument, called whenever a scene has been drawn.

    Raises:
        InputError: the split exists.
    """
    check_groups_are_free(folder, split, overwrite)
    places = group_places(folder, split)
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    with files.scratch_folder(folder) as scratch:
        images, labels = scratch / "images", scratch / "labels"
        images.mkdir()
        cihp_layout.make_folders(labels)
        jobs = [(images, labels, draw, number) for number in range(count)]
        drawn = map_jobs(
            _write_scene, jobs, processes, max(1, min(16, count // 32)), _use_one_thread
        )
        listed: list[dict] = []
        annotations: list[dict] = []
        exact: list[np.ndarray] = []
        with contextlib.closing(drawn) as finished:
            for number, (image, people) in enumerate(finished, 1):
                listed.append(image | {"id": number})
                for person, keypoints in people:
                    ids = {"id": len(annotations) + 1, "image_id": number}
                    annotations.append(ids | person)
                    exact.append(keypoints)
                if on_scene:
                    on_scene()
        _move_in(places, (images, labels), listed, annotations, exact)


def _move_in(places, folders, listed, annotations, exact):
    """Puts a split in its places; the list, without which none is read, comes last."""
    for path in places.values():
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
    for name, folder in zip(("images", "labels"), folders, strict=True):
        os.replace(folder, places[name])
    names = "".join(f"{pathlib.Path(image['file_name']).stem}\n" for image in listed)
    files.write_bytes(places["list"], names.encode())
    np.savez_compressed(
        places["exact"],
        ids=np.arange(1, len(exact) + 1),
        keypoints=np.array(exact, np.float32).reshape(-1, len(COCO_JOINTS.names), 3),
    )
    content = {"images": listed, "annotations": annotations, "categories": [_CATEGORY]}
    files.write_bytes(places["annotations"], json.dumps(content).encode())


def _use_one_thread():
    cv2.setNumThreads(0)


def _write_scene(job):
    """Draws and writes one scene: what is listed of it, and of everybody with exact joints."""
    images, labels, draw, number = job
    scene = draw(number)
    name = f"{number:012d}.jpg"
    quality = [cv2.IMWRITE_JPEG_QUALITY, scene.quality]
    (images / name).write_bytes(cv2.imencode(".jpg", scene.image[..., ::-1], quality)[1].tobytes())
    cihp_layout.write_labels(labels, images / name, scene)
    height, width = scene.image.shape[:2]
    boxes = find_boxes([member.mask for member in scene.people])
    people = [
        (_describe(member, box), member.keypoints)
        for member, box in zip(scene.people, boxes, strict=True)
    ]
    return {"width": width, "height": height, "file_name": name}, people


def _describe(member, box) -> dict[str, typing.Any]:
    """An annotation, without ids."""
    labelled = member.keypoints[:, 2] > 0
    whole = np.where(labelled[:, None], np.rint(member.keypoints), 0).astype(int)
    return {
        "category_id": _CATEGORY["id"],
        "iscrowd": int(member.is_crowd),
        "area": int(member.mask.sum()),
        "bbox": box,
        "num_keypoints": int(labelled.sum()),
        "keypoints": whole.ravel().tolist(),
        "segmentation": encode_runs(member.mask),
    }


def encode_runs(mask: np.ndarray) -> dict[str, list[int]]:
    """COCO's uncompressed run lengths of a mask, column after column, the first of zeros.

    Args:
        mask: bool [h, w].

    Returns:
        dict of `size` [h, w] and `counts`.
    """
    values = np.concatenate([[False], mask.T.ravel(), [False]])
    edges = np.flatnonzero(values[1:] != values[:-1])
    counts = np.diff(np.concatenate([[0], edges, [mask.size]]))
    if mask.size and mask.T.flat[-1]:
        counts = counts[:-1]  # of zeros after the end: none
    return {"size": list(mask.shape), "counts": counts.tolist()}
