"""A file for each reader of outside files, ways to damage it, and what a reader must do then."""

import itertools
import json
import shutil
import time

import cv2
import h5py
import numpy as np
import scipy.io
from PIL import Image

from jppnet_tf import InputError, JPPNet
from jppnet_tf.data.ccp.clone import read_clone, read_landmarks, read_listed_tags, read_tags
from jppnet_tf.data.hf.pixels import read_pair
from jppnet_tf.data.hf.rows import find_source, stream_rows
from jppnet_tf.data.lip import read_joints, read_split
from jppnet_tf.data.mpii import read_mpii
from jppnet_tf.images.reading import read_ids, read_image, read_size
from jppnet_tf.images.video import Video
from jppnet_tf.predictions import reading
from jppnet_tf.predictions.boxes import read_boxes
from jppnet_tf.predictions.formats.palettes import read_palette
from jppnet_tf.runs import sources
from jppnet_tf.runs.jobs import Job
from jppnet_tf.runs.results import Results
from jppnet_tf.training.run import TrainingRun
from jppnet_tf.training.settings import Settings
from jppnet_tf.weights.imagenet import open_nsfw, resnet, vgg
from jppnet_tf.weights.loading import identify, open_weights, save_weights
from tests.data.ccp.made_up import write_clone
from tests.data.hf.made_up import make_row, write_parquet
from tests.networks.table import SMALL
from tests.weights.caffe_files import write_caffemodel
from tests.weights.imagenet.onnx_files import write_model

KINDS = ("flip", "cut", "drop", "repeat", "fill")
"""What chance does to files."""

SECONDS = 5
"""Of one processor: more than any reader takes for a small file, whatever is in it."""


def damage(content, damages):
    """The bytes with bits flipped, ends cut off, parts lost, doubled or overwritten."""
    content = bytearray(content)
    for share, kind, number in damages:
        place = int(share * len(content))
        if kind == "flip":
            content[place : place + 1] = bytes([b ^ (1 << number % 8) for b in content[place:][:1]])
        elif kind == "cut":
            del content[place:]
        elif kind == "drop":
            del content[place : place + number]
        elif kind == "repeat":
            content[place:place] = content[place : place + number]
        else:
            content[place : place + 8] = bytes([number]) * len(content[place : place + 8])
    return bytes(content)


def read_weights(path):
    archive = open_weights(path)
    identify(archive)
    return archive.read_all()


def write_safetensors(path):
    save_weights(JPPNet(**SMALL), path)
    return read_weights


def write_caffe(path):
    random = np.random.default_rng(0)
    arrays = {
        f"{layer}/{variable}": random.normal(size=shape).astype(np.float32)
        for layer in ("conv1_1", "fc8_human")
        for variable, shape in (("kernel", (3, 3, 2, 4)), ("bias", (4,)))
    }
    write_caffemodel(path, arrays)
    return lambda path: open_weights(path).read_all()


def write_hdf5(path):
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [b"block1_conv1"]
        group = file.create_group("block1_conv1/block1_conv1")
        group["kernel:0"] = np.ones((3, 3, 3, 64), np.float32)
        group["bias:0"] = np.ones(64, np.float32)
    return vgg.open_file


def write_picture(path):
    picture = np.random.default_rng(0).integers(0, 256, (40, 30, 3), np.uint8)
    cv2.imwrite(str(path), cv2.GaussianBlur(picture, (9, 9), 0))
    return lambda path: (read_image(path), read_size(path))


def write_ids(path):
    cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 20, (40, 30), np.uint8))
    return read_ids


def write_joints(path):
    lines = [",".join([f"{name}.jpg", *map(str, range(48))]) for name in "abc"]
    path.write_text("\n".join(lines) + "\n")
    return read_joints


def write_pose_csv(path):
    path.write_text("".join(",".join([name, *map(str, range(32))]) + "\n" for name in "abc"))
    return reading.find_pose


def write_records(path):
    joints = [[x, 2 * x, 0.5] for x in range(16)]
    lines = [json.dumps({"name": name, "keypoints": joints, "width": 40}) for name in "abc"]
    path.write_text("\n".join(lines) + "\n")
    return reading.find_pose


def write_mpii_json(path):
    person = {
        "image": "a.jpg", "joints": [[x, x + 1.0] for x in range(16)], "joints_vis": [1] * 16,
        "head_box": [1, 2, 5, 9],
    }  # fmt: skip
    path.write_text(json.dumps([person] * 2))
    return read_mpii


def write_mpii_mat(path):
    points = [{"id": joint, "x": 1.0, "y": 2.0} for joint in range(16)]
    person = {"x1": 1, "y1": 2, "x2": 5, "y2": 9, "annopoints": {"point": points}}
    image = {"image": {"name": "a.jpg"}, "annorect": person}
    release = {"annolist": image, "img_train": 1, "single_person": 1}
    scipy.io.savemat(path, {"RELEASE": release}, do_compression=True)
    return read_mpii


def write_list(path):
    shutil.copy(path.parent / "a.png", path.parent / "b.png")
    path.write_text("/a.png\nb\n\nsub/../a.png\n")
    return lambda path: sources.list_images([], path)


def write_id_list(path):
    folder = path.parent / "lip"
    (folder / "images").mkdir(parents=True)
    (folder / "labels").mkdir()
    for name in "abc":
        shutil.copy(path.parent / "a.png", folder / f"images/{name}.jpg")
    path.write_text("/images/a.jpg /labels/a.png\nb\n\nc\n")

    def read(path):
        (folder / "list").mkdir(exist_ok=True)
        shutil.copy(path, folder / "list/train_id.txt")
        return read_split(folder, "train")

    return read


def write_pose_text(path):
    path.write_text("".join(f"{number} " for number in range(32)))
    return reading.read_text


RECORD = {
    "name": "a", "image": "a.png", "width": 30, "height": 40, "pixels": {"face": 9}, "bytes": 7,
    "modified": 1, "keypoints": [[1, 2, 0.5]] * 16,
}  # fmt: skip
RUN_SETTINGS = {"checksum": "abc", "scales": [1.0], "mirror": False, "pose": True}


def write_former_records(path):
    """The records of a run that is to go on."""
    lines = [json.dumps(RECORD | {"name": name}) for name in "abc"]
    path.write_text("\n".join(lines) + "\n")
    return reopen_results


def write_run_settings(path):
    path.write_text(json.dumps(RUN_SETTINGS))
    (path.parent / "results").mkdir()
    (path.parent / "results/predictions.jsonl").write_text(json.dumps(RECORD) + "\n")
    return reopen_results


def reopen_results(path):
    output = path.parent / "results"
    output.mkdir(exist_ok=True)
    name = "predictions.jsonl" if path.suffix == ".jsonl" else "settings.json"
    shutil.copy(path, output / name)
    (output / "settings.json").touch()
    results = Results(output, RUN_SETTINGS, overwrite=name != "settings.json")
    results.open([Job(path.parent / "a.png", "a")])
    results.close()


def write_training_settings(path):
    TrainingRun(path.parent / "run", Settings(), {"train": 3}).begin()
    shutil.copy(path.parent / "run/settings.json", path)

    def read(path):
        shutil.copy(path, path.parent / "run/settings.json")
        return TrainingRun(path.parent / "run", Settings(), {"train": 3})

    return read


def write_boxes(path):
    annotation = {"image_id": 1, "bbox": [1, 2, 3.5, 4], "category_id": 1, "score": 0.5}
    images, people = [{"id": 1, "file_name": "a.jpg"}], [{"id": 1, "name": "person"}]
    content = {"images": images, "annotations": [annotation] * 2, "categories": people}
    path.write_text(json.dumps([annotation] * 3 if path.stem == "results" else content))
    return lambda path: read_boxes(path, {"a": "a.jpg", "1": "1.jpg"}, least_score=0.1)


def write_palette(path):
    colours = [[number, 9, 255] for number in range(20)]
    if path.suffix == ".json":
        path.write_text(json.dumps({"face": colours[0], "hair": "#ff0010"}))
    elif path.suffix == ".txt":
        path.write_text("".join(f"{r}, {g} {b}  a class\n" for r, g, b in colours))
    else:
        image = Image.fromarray(np.zeros((4, 4), np.uint8), "P")
        image.putpalette(np.ravel(colours).tolist())
        image.save(path)
    return read_palette


def write_ccp(path):
    """One file of a clone of Clothing Co-Parsing."""
    folder = path.with_suffix(".clone")
    write_clone(folder)
    (own,) = [file for file in folder.rglob(path.name) if "image-level" not in str(file)]
    shutil.copy(own, path)

    def read(path):
        shutil.copy(path, own)
        photographs, tags = read_clone(folder, read_landmarks(folder / "landmarks.npz"))
        read_tags(photographs[0], len(tags))
        read_listed_tags(photographs[0], len(tags))

    return read


def write_onnx(path):
    write_model(path)
    return open_nsfw.open_file


def write_keras_file(path):
    """An ImageNet file of ResNet, the beginning of it."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [b"conv1_conv"]
        group = file.create_group("conv1_conv/conv1_conv")
        group["kernel:0"] = np.ones((7, 7, 3, 64), np.float32)
    return resnet.open_file


def write_video(path):
    code = {".mp4": "mp4v", ".avi": "MJPG"}[path.suffix]
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter_fourcc(*code), 25, (48, 32))
    random = np.random.default_rng(0)
    for _ in range(6):
        writer.write(random.integers(0, 256, (32, 48, 3), np.uint8))
    writer.release()

    def read(path):
        with Video(path, 10**6) as video:
            for _ in itertools.islice(video.read_all(), 1000):
                pass

    return read


def write_hub_rows(path):
    write_parquet(path, [make_row(number) for number in range(3)])

    def read(path):
        for row in stream_rows(find_source(path)):
            read_pair(row.image, row.mask, row.where)

    return read


WRITERS = {
    "weights.safetensors": write_safetensors,
    "weights.caffemodel": write_caffe,
    "weights.h5": write_hdf5,
    "photo.jpg": write_picture,
    "photo.png": write_picture,
    "photo.webp": write_picture,
    "photo.tif": write_picture,
    "photo.bmp": write_picture,
    "label.png": write_ids,
    "lip_val_set.csv": write_joints,
    "pose.csv": write_pose_csv,
    "predictions.jsonl": write_records,
    "mpii.json": write_mpii_json,
    "mpii.mat": write_mpii_mat,
    "list.txt": write_list,
    "ids.txt": write_id_list,
    "pose.txt": write_pose_text,
    "former.jsonl": write_former_records,
    "settings.json": write_run_settings,
    "training.json": write_training_settings,
    "annotations.json": write_boxes,
    "results.json": write_boxes,
    "palette.png": write_palette,
    "palette.json": write_palette,
    "palette.txt": write_palette,
    "label_list.mat": write_ccp,
    "0001.mat": write_ccp,
    "landmarks.npz": write_ccp,
    "open-nsfw.onnx": write_onnx,
    "resnet.h5": write_keras_file,
    "clip.mp4": write_video,
    "clip.avi": write_video,
    "train.parquet": write_hub_rows,
}


def check_reader(read, path):
    """Reads a file that may be damaged; anything but a result or an InputError fails."""
    start = time.thread_time()
    try:
        read(path)
    except InputError as error:
        assert str(path.parent) in str(error), f"names no file: {error}"
    assert time.thread_time() - start < SECONDS


def read_whole(read, path):
    """The file before any damage; some are too small to hold all that a whole one does."""
    try:
        read(path)
    except InputError as error:
        assert path.name in ("weights.caffemodel", "weights.h5", "resnet.h5"), error
