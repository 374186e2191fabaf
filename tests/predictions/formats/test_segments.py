import numpy as np
import pytest

from jppnet_tf import InputError
from jppnet_tf.predictions.prediction import Prediction


def test_a_mask_for_each_class_found(prediction):
    segments = prediction.to_hf()
    assert [(s["label"], s["score"]) for s in segments] == [
        ("background", 0.9), ("jumpsuits", 0.5), ("right-shoe", 0.25),
    ]  # fmt: skip
    total = np.zeros((40, 30), int)
    for segment, index in zip(segments, (0, 10, 19), strict=True):
        mask = segment["mask"]
        assert (mask.mode, mask.size) == ("L", (30, 40))
        np.testing.assert_array_equal(np.array(mask), 255 * (prediction.parsing == index))
        total += np.array(mask)
    assert (total == 255).all()
    with pytest.raises(InputError, match="class_scores=True"):
        Prediction(prediction.parsing).to_hf()


def test_files_of_masks(prediction, write):
    files = write("hf", prediction)
    listed = files.pop("hf/sub/a.json")
    assert [entry["label"] for entry in listed] == ["background", "jumpsuits", "right-shoe"]
    for entry, segment in zip(listed, prediction.to_hf(), strict=True):
        assert set(entry) == {"label", "score", "mask"} and entry["score"] == segment["score"]
        mask = files.pop(f"hf/sub/{entry['mask']}")  # relative to the list
        assert (mask.mode, mask.size) == ("L", (30, 40))
        np.testing.assert_array_equal(mask, segment["mask"])
    assert not files
