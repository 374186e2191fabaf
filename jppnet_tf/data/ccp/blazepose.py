"""Landmarks of people in photographs, by MediaPipe's BlazePose."""

import io
import os
import pathlib
from collections.abc import Callable, Mapping

import cv2
import numpy as np

from jppnet_tf.data.ccp.clone import POINTS
from jppnet_tf.system import files
from jppnet_tf.system.errors import InputError


def find_landmarks(
    folder: str | os.PathLike, on_photograph: Callable[[int, int], object] | None = None
) -> dict[str, np.ndarray]:
    """Finds the landmarks of the person in each photograph of a clone.

    Args:
        folder: of CCP's repository.
        on_photograph: function of (photographs done, of how many).

    Returns:
        dict of name to float32 [33, 4] of x, y in pixels, z, visibility 0..1; nan where no person
        was found.

    Raises:
        InputError: there are no photographs, one cannot be read, or the package `mediapipe` of a
            version with the model in it is not installed.
    """
    photos = pathlib.Path(folder) / "photos"
    paths = files.list_visible(photos, ".jpg") if photos.is_dir() else []
    if not paths:
        raise InputError(f"{folder}/photos: no photographs; --source takes a clone of CCP's")
    found = {}
    with _open_model() as model:
        for done, path in enumerate(paths, start=1):
            found[path.stem] = _look(model, path)
            if on_photograph:
                on_photograph(done, len(paths))
    return found


def write_landmarks(path: str | os.PathLike, landmarks: Mapping[str, np.ndarray]) -> None:
    """Writes landmarks as clone.read_landmarks reads them."""
    buffer = io.BytesIO()
    np.savez(buffer, name=np.array(list(landmarks)), landmarks=np.stack(list(landmarks.values())))
    files.write_bytes(path, buffer.getvalue())


def _open_model():
    try:
        from mediapipe.python.solutions.pose import Pose
    except ImportError as error:
        raise InputError(
            f"finding landmarks needs mediapipe up to 0.10.21 ({error}): pip install "
            "'jppnet-tf[landmarks]' on Python 3.12 or older, or give --landmarks"
        ) from None
    return Pose(static_image_mode=True, model_complexity=1)


def _look(model, path):
    bgr = cv2.imread(str(path), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    if bgr is None:
        raise InputError(f"{path}: cannot be read")
    result = model.process(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)).pose_landmarks
    if result is None:
        return np.full((POINTS, 4), np.nan, np.float32)
    height, width = bgr.shape[:2]
    points = [[p.x * width, p.y * height, p.z * width, p.visibility] for p in result.landmark]
    return np.array(points, np.float32)
