"""Files of each format, opened as the project that they are for opens them.

The loaders here are written from the behaviour of those projects: which names they open, what they
convert, and what they compute from it first. What they need beyond that (garments, DensePose) is
left out.
"""

import json

import numpy as np
import pytest
from PIL import Image

from jppnet_tf.data.figures.dataset import render_figure
from jppnet_tf.labels import CIHP, LIP, RELABELLINGS
from jppnet_tf.predictions.formats import FORMATS, lip
from jppnet_tf.predictions.people import People
from jppnet_tf.predictions.prediction import Prediction

# A whole figure; without head; chest and arms only; legs only; from the hips up; turned, in a coat.
SEEDS = {"whole": 6, "hips up": 0, "no wrists": 1, "coat": 2, "legs": 4, "from behind": 9}


def render(seed):
    """(image, Prediction of the figure's own labels and joints; those outside it score 0)."""
    figure = render_figure((5, seed), 256)
    is_there = ~np.isnan(figure.joints[:, :1])
    keypoints = np.where(is_there, [1, 1, 0], 0) * np.nan_to_num(figure.joints) + (0, 0, 0.9)
    keypoints[:, 2] *= is_there[:, 0]
    scores = np.full(20, 0.75, np.float32)
    people = People.of_one(keypoints.astype(np.float32))
    return figure.image, Prediction(figure.label, people, class_scores=scores)


@pytest.fixture(scope="module", params=SEEDS, ids=SEEDS)
def figure(request):
    return render(SEEDS[request.param])


@pytest.fixture
def write(tmp_path):
    """Function that writes a format's files of an image called look/a; the format's folder."""

    def write_files(name, image, prediction):
        files = FORMATS[name].files("look/a", image, prediction, None)
        for path, content in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_bytes(content)
        return tmp_path / name

    return write_files


def read_points(path, key):
    """A try-on project's points: the first person's, in rows of three."""
    return np.array(json.loads(path.read_text())["people"][0][key]).reshape(-1, 3)


def load_cpvton(folder, image_name, labels):
    """What CP-VTON's cp_dataset.py makes of a person; CP-VTON+ differs in folders.

    Images are taken at the size they have, label maps by Image.open alone, and a point counts
    where both its numbers are above 1.
    """
    image = np.array(Image.open(folder / "image" / image_name))
    ids = np.array(Image.open(folder / labels / image_name.replace(".jpg", ".png")))
    pose = folder / "pose" / image_name.replace(".jpg", "_keypoints.json")
    points = read_points(pose, "pose_keypoints")
    seen = (points[:, :2] > 1).all(axis=1)
    assert image.shape == (256, 192, 3) and ids.shape == (256, 192) and len(points) == 18
    return image, ids, points, seen


@pytest.mark.parametrize("name, labels", [
    ("cpvton", "image-parse"), ("cpvton+", "image-parse-new"),
])  # fmt: skip
def test_cpvton_opens_people(name, labels, figure, write):
    image, prediction = figure
    folder = write(name, image, prediction)
    opened, ids, points, seen = load_cpvton(folder, "look/a.jpg", labels)
    np.testing.assert_array_equal(ids, prediction.on_canvas((256, 192)).parsing)
    expected = prediction.on_canvas((256, 192)).to_openpose(18)
    np.testing.assert_array_equal(seen, expected.any(axis=1))
    np.testing.assert_allclose(points, expected, atol=0.006)
    # The clothes lie on the image's own pixels: JPEG changes them little.
    clothes = np.isin(prediction.parsing, (5, 6, 7))
    if clothes.any():
        there = image[clothes].mean(axis=0)
        np.testing.assert_allclose(opened[np.isin(ids, (5, 6, 7))].mean(axis=0), there, atol=6)


def test_cpvton_plus_opens_a_mask_of_the_body(figure, write):
    """CP-VTON+'s cp_dataset.py takes the body's shape from image-mask/, where it is above 0."""
    folder = write("cpvton+", *figure)
    mask = np.array(Image.open(folder / "image-mask/look/a.png"))
    ids = np.array(Image.open(folder / "image-parse-new/look/a.png"))
    assert mask.shape == (256, 192) and set(np.unique(mask)) == {0, 255}
    np.testing.assert_array_equal(mask > 0, ids > 0)


def test_acgpn_opens_people(figure, write):
    """ACGPN's aligned_dataset.py: test_label as grey, test_img, and test_pose beside its name."""
    image, prediction = figure
    folder = write("acgpn", image, prediction)
    file = folder / "test_img/look/a.jpg"
    ids = np.array(Image.open(folder / "test_label/look/a.png").convert("L"))
    pose = str(file).replace(".jpg", "_keypoints.json").replace("test_img", "test_pose")
    points = np.array(json.loads(open(pose).read())["people"][0]["pose_keypoints"]).reshape(-1, 3)
    assert Image.open(file).convert("RGB").size == ids.shape[::-1] == (192, 256)
    assert ids.max() < 14 and not np.isin(ids, (2, 3)).any() and len(points) == 18
    truth = prediction.on_canvas((256, 192)).parsing
    for theirs, ours in ((1, (1, 2)), (4, (5, 6, 7, 10)), (12, (4, 13)), (13, (15,)), (6, (19,))):
        np.testing.assert_array_equal(ids == theirs, np.isin(truth, ours))


GROUPS = (
    (0, 10), (1, 2), (4, 13), (5, 6, 7), (9, 12), (14,), (15,), (16,), (17,), (18,), (19,), (8,),
    (3, 11),
)  # fmt: skip
"""The ids of 20 that VITON-HD and HR-VITON join to each of their 13 channels."""


def open_at_width(path, width=768):
    """An image as both projects open one: resized so that its shorter side is `width`."""
    image = Image.open(path)
    factor = width / min(image.size)
    return image.resize([round(side * factor) for side in image.size], Image.NEAREST)


def join_groups(ids):
    """The 13 channels of a label map; every pixel has one."""
    channels = np.stack([np.isin(ids, group) for group in GROUPS])
    assert (channels.sum(axis=0) == 1).all()
    return channels


def widen_hips(points):
    """Both projects move the hips apart, as far as the shoulders are, and draw up to there.

    PIL draws nothing at places that are not a number, and ends the program instead.
    """
    right, left = points[9].copy(), points[12].copy()
    middle, width = (right + left) / 2, np.linalg.norm(points[5] - points[2])
    with np.errstate(all="raise"):
        moved = [
            middle + (p - middle) / np.linalg.norm(left - right) * width for p in (right, left)
        ]
    return np.array(moved)


def load_vitonhd(folder, image_name, parse, pose_json, pose_image):
    """What the data sets of VITON-HD and HR-VITON open of a person."""
    stem = image_name.replace(".jpg", "")
    image = np.array(open_at_width(folder / "image" / image_name))
    ids = np.array(open_at_width(folder / parse / f"{stem}.png"))
    skeleton = np.array(open_at_width(folder / pose_image / f"{stem}_rendered.png"))
    points = read_points(folder / pose_json / f"{stem}_keypoints.json", "pose_keypoints_2d")[:, :2]
    assert image.shape == skeleton.shape == (1024, 768, 3) and ids.shape == (1024, 768)
    assert np.isfinite(widen_hips(points)).all()
    return image, ids, skeleton, points


def test_vitonhd_opens_people(figure, write):
    """VITON-HD's datasets.py: it makes agnostic images itself, of label map and 25 points."""
    image, prediction = figure
    folder = write("vitonhd", image, prediction)
    _, ids, skeleton, points = load_vitonhd(
        folder, "look/a.jpg", "image-parse", "openpose-json", "openpose-img"
    )
    check_label_map(ids, prediction)
    expected = prediction.on_canvas((1024, 768)).to_openpose(25)
    there = expected.any(axis=1)
    np.testing.assert_allclose(points[there], expected[there, :2], atol=2)
    # What is missing stays so, and is not painted; shoulders, hips and neck have a place anyway.
    guessed = [i for i in np.flatnonzero(points.any(axis=1)) if not there[i]]
    assert set(guessed) <= {1, 2, 5, 9, 12} and points[[2, 5, 9, 12]].any(axis=1).all()
    for point in points[guessed]:
        x, y = np.rint(point).astype(int)
        near = np.hypot(*(expected[there, :2] - point).T).min() < 20 if there.any() else False
        assert near or not skeleton[y, x].any()


def check_label_map(ids, prediction):
    """The label map of both projects: LIP's ids, but jumpsuits are dresses and 10 is skin."""
    truth = prediction.on_canvas((1024, 768)).parsing
    channels = join_groups(ids)
    np.testing.assert_array_equal(channels[3], np.isin(truth, (5, 6, 7, 10)))
    same = ~np.isin(truth, (10, 13))
    np.testing.assert_array_equal(ids[same], truth[same])
    assert set(np.unique(ids[truth == 13])) <= {10, 13}


def test_hrviton_opens_people(figure, write):
    """HR-VITON's cp_dataset.py: VITON-HD's files by other names, and image-parse-agnostic-v3.2."""
    image, prediction = figure
    folder = write("hrviton", image, prediction)
    opened, ids, _, points = load_vitonhd(
        folder, "look/a.jpg", "image-parse-v3", "openpose_json", "openpose_img"
    )
    check_label_map(ids, prediction)
    file = Image.open(folder / "image-parse-v3/look/a.png")
    np.testing.assert_array_equal(file.convert("RGB"), np.array(CIHP.palette)[ids])
    bare = np.array(open_at_width(folder / "image-parse-agnostic-v3.2/look/a.png"))
    channels = join_groups(bare)
    assert not channels[3].any() and not (bare == 10).any()
    kept = ~np.isin(ids, (5, 6, 7, 10, 14, 15))
    np.testing.assert_array_equal(bare[kept], ids[kept])
    assert np.isin(bare[~kept], (0, 14, 15)).all()


def test_stable_viton_opens_agnostic_images(figure, write):
    """StableVITON's and DCI-VTON's data sets: agnostic-v3.2 by the image's name, and its mask."""
    image, prediction = figure
    folder = write("hrviton", image, prediction)
    whole = np.array(Image.open(folder / "image/look/a.jpg")).astype(int)
    agnostic = np.array(Image.open(folder / "agnostic-v3.2/look/a.jpg")).astype(int)
    mask = np.array(Image.open(folder / "agnostic-mask/look/a_mask.png"))
    ids = np.array(Image.open(folder / "image-parse-v3/look/a.png"))
    assert mask.shape == (1024, 768) and set(np.unique(mask)) == {0, 255}
    inside = mask == 255
    assert np.abs(agnostic[inside] - 128).mean() < 2  # JPEG's own errors, most at the rim
    assert np.abs(agnostic[~inside] - whole[~inside]).mean() < 2
    assert inside[np.isin(ids, (5, 6, 7, 10))].all()
    assert not inside[np.isin(ids, (4, 9, 12, 13, 16, 17, 18, 19))].any()
    surroundings = np.ones(image.shape[:2], np.uint8)
    shown = Prediction(surroundings).on_canvas((1024, 768)).parsing > 0
    assert not inside[~shown].any()


def test_smplify_x_opens_hands_and_faces(figure, write):
    """smplify-x's data_parser.py reads hands and face as rows of three, also empty lists."""
    image, prediction = figure
    folder = write("openpose25", image, prediction)
    (person,) = json.loads((folder / "look/a_keypoints.json").read_text())["people"]
    keys = "pose_keypoints_2d", "hand_left_keypoints_2d", "hand_right_keypoints_2d"
    body, left, right = (np.array(person[key], np.float32).reshape(-1, 3) for key in keys)
    face = np.array(person["face_keypoints_2d"], np.float32).reshape(-1, 3)[17:68]
    assert len(np.concatenate([body, left, right, face])) == 25
    np.testing.assert_allclose(body, prediction.to_openpose(25), atol=0.006)


def decode_controlnet(value):
    """What sd-webui-controlnet and ComfyUI's controlnet_aux make of a pose file.

    They want the canvas's size, leave out lists that are empty or missing, and of the others each
    point that scores below 1.
    """
    people = []
    for person in value["people"]:
        numbers = person.get("pose_keypoints_2d")
        points = np.reshape(numbers, (-1, 3)) if numbers else np.zeros((0, 3))
        people.append([None if score < 1.0 else (x, y) for x, y, score in points])
        assert not any(person.get(f"{part}_keypoints_2d") for part in ("face", "hand_left"))
    return people, value["canvas_height"], value["canvas_width"]


def test_controlnet_opens_everybody(write):
    image, prediction = render(SEEDS["whole"])
    first = prediction.keypoints
    second = first * (0.5, 0.5, 0.3)
    both = Prediction(prediction.parsing, People(keypoints=np.stack([first, second])))
    folder = write("controlnet", image, both)
    people, height, width = decode_controlnet(json.loads((folder / "look/a.json").read_text()))
    assert (height, width) == image.shape[:2] and len(people) == 2
    for points, keypoints in zip(people, (first, second), strict=True):
        assert len(points) == 18
        expected = Prediction(prediction.parsing, People.of_one(keypoints)).to_openpose(18)
        assert [p is not None for p in points] == expected.any(axis=1).tolist()
        assert sum(p is not None for p in points) >= 10
        for point, (x, y, _) in zip(points, expected, strict=True):
            assert point is None or point == pytest.approx((x, y), abs=0.006)


def make_annotations(records):
    """Annotations of COCO's keypoint task for images that have the numbers of their names."""
    images = [{"id": int(r["name"]), "width": r["width"], "height": r["height"]} for r in records]
    return {"images": images, "annotations": [], "categories": [{"id": 1, "name": "person"}]}


@pytest.fixture
def coco_results(tmp_path):
    """(records, file of results) of two images that have numbers for names."""
    names = {"000000000139": SEEDS["whole"], "000000000285": SEEDS["legs"]}
    predictions = {name: render(seed)[1] for name, seed in names.items()}
    records = [lip.prediction_record(name, f"{name}.jpg", p) for name, p in predictions.items()]
    ((path, content),) = FORMATS["coco"].summary(records).items()
    (tmp_path / path).parent.mkdir()
    (tmp_path / path).write_bytes(content)
    return records, tmp_path / path


def test_coco_results_have_the_schema_of_the_task(coco_results):
    records, path = coco_results
    found = json.loads(path.read_text())
    assert [each["image_id"] for each in found] == [139, 285]
    for each, record in zip(found, records, strict=True):
        assert each.keys() == {"image_id", "category_id", "keypoints", "score"}
        assert each["category_id"] == 1 and 0 < each["score"] <= 1
        points = np.reshape(each["keypoints"], (17, 3))
        there = points[:, 2] > 0
        assert 1 <= there.sum() <= 12 and not points[~there].any()
        assert (points[there, :2] < (record["width"], record["height"])).all()


def test_pycocotools_loads_results(coco_results, tmp_path):
    coco = pytest.importorskip("pycocotools.coco")
    records, path = coco_results
    truth = tmp_path / "truth.json"
    truth.write_text(json.dumps(make_annotations(records)))
    loaded = coco.COCO(str(truth)).loadRes(str(path))
    assert sorted(loaded.getImgIds()) == [139, 285]
    (first,) = loaded.loadAnns(loaded.getAnnIds(imgIds=[139]))
    assert len(first["keypoints"]) == 51 and first["area"] > 0 and len(first["bbox"]) == 4


def test_hugging_faces_masks_are_those_of_a_semantic_pipeline(figure, write):
    """transformers' image-segmentation pipeline: one mask a class found, of 0 and 255, mode L."""
    image, prediction = figure
    folder = write("hf", image, prediction)
    listed = folder / "look/a.json"
    segments = json.loads(listed.read_text())
    found = np.unique(prediction.parsing)
    assert [segment["label"] for segment in segments] == [LIP.names[i] for i in found]
    map_of_ids = np.zeros(image.shape[:2], int)
    for segment in segments:
        assert segment.keys() == {"label", "score", "mask"} and 0 <= segment["score"] <= 1
        mask = Image.open(listed.parent / segment["mask"])
        assert (mask.mode, mask.size) == ("L", image.shape[1::-1])
        assert set(np.unique(mask)) <= {0, 255}
        map_of_ids += (np.array(mask) > 0) * (LIP.names.index(segment["label"]) + 1)
    np.testing.assert_array_equal(map_of_ids - 1, prediction.parsing)


def test_readers_of_palette_images_see_ids_or_colours(figure, write):
    """Pillow, as PASCAL VOC's readers use it: np.array gives ids, convert("RGB") colours."""
    image, prediction = figure
    folder = write("palette", image, prediction)
    opened = Image.open(folder / "look/a.png")
    assert (opened.mode, opened.size) == ("P", image.shape[1::-1])
    np.testing.assert_array_equal(opened, prediction.parsing)
    np.testing.assert_array_equal(opened.convert("RGB"), np.array(LIP.palette)[prediction.parsing])


def test_the_groups_of_13_are_those_of_the_table():
    table = RELABELLINGS["hrviton"]
    # 10 is jumpsuits in LIP, and skin in the label maps that the loaders read.
    for index, group in enumerate(GROUPS):
        ours = {i for i, target in enumerate(table.ids) if target == index} - {10}
        assert ours == set(group) - {10}
    assert table.ids[10] == 3
