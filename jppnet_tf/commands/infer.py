"""Predicts parsing and pose in photographs and videos.

  jppnet infer --output results photo.jpg
  jppnet infer --weights JPPNet-s2 --images photos --output results
  jppnet infer --weights jppnet.safetensors --output results a.jpg b.png
  jppnet infer --weights jppnet.safetensors --images clip.mp4 --output results

Writes parsing/<name>.png (class ids), parsing/<name>_vis.png (colours), pose/<name>.txt (x and y
of 16 joints), overlay/<name>.jpg (to look at), and predictions.jsonl (everything, one line per
image). Networks that parse only give no pose. --people auto finds the people of an image and
predicts each; --people FILE takes their boxes from a file: then person/<name>.png has the person
of each pixel. Networks that find people (PersonLab) give a line of joints for each, and an overlay
with a colour for each. --format writes what other projects
read, each format into a folder of its own; docs/formats.md has the table. Of a video it writes
overlay/<name>.mp4, and one line per frame.
Start it again after an interruption, and it goes on where it stopped; with other formats, it adds
them. Ctrl-C finishes the current image, a second Ctrl-C stops at once. Start it several times, and
the processes share the images.

Exit status: 0 all done; 1 some images failed; 2 wrong flags or input, or results could not be
written; 130 interrupted.
"""

import sys
import typing
from collections.abc import Callable, Iterable, Sequence

from absl import flags

from jppnet_tf.commands import cli, people
from jppnet_tf.system.errors import InputError

if typing.TYPE_CHECKING:
    from jppnet_tf.predictions.boxes import BoxFile
    from jppnet_tf.predictions.crops import Crops
    from jppnet_tf.predictions.predicting import Predicts
    from jppnet_tf.runs.jobs import Job
    from jppnet_tf.runs.results import Results
    from jppnet_tf.runs.run import Run
    from jppnet_tf.runs.sources import Sources

OnEnd = Callable[["Job", str | None], None]
Predict = Callable[[Iterable["Job"], OnEnd, Callable[[], bool]], None]
"""What does jobs, tells the end of each, and asks before each whether to stop."""

FLAGS = flags.FlagValues()

_WEIGHTS = flags.DEFINE_string(
    "weights",
    None,
    "Safetensors file, TF1 checkpoint (folder or prefix), caffemodel, or the name of weights that "
    "ship: photos, photos_lip_net, figures, figures_lip_net; without it, photos.",
    flag_values=FLAGS,
)
_IMAGES = flags.DEFINE_multi_string(
    "images",
    [],
    "Folder (with its sub-folders), file, or quoted pattern; may be repeated. Or videos; or a "
    "number, a camera's.",
    flag_values=FLAGS,
)
_LIST = flags.DEFINE_string(
    "list", None, "Text file with one image a line, below --images.", flag_values=FLAGS
)
_OUTPUT = flags.DEFINE_string(
    "output", None, "Folder for the results.", required=True, flag_values=FLAGS
)
_FORMAT = flags.DEFINE_multi_string(
    "format",
    [],
    "What to write, with commas between or repeated: lip (the files above), cpvton, cpvton+, "
    "acgpn, vitonhd, hrviton, openpose18, openpose25, mpi15, controlnet, coco, hf, palette, cihp, "
    "mhp; and person, of several people. Without it lip, and with --people also person.",
    flag_values=FLAGS,
)
_CLASSES = flags.DEFINE_string(
    "classes",
    None,
    "Whose ids label maps have in formats that take any: acgpn, viton, hrviton or cihp.",
    flag_values=FLAGS,
)
_PALETTE = flags.DEFINE_string(
    "palette",
    None,
    "Colours for --format palette: a file of colours, or an image with a palette.",
    flag_values=FLAGS,
)
_LEAST_SCORE = flags.DEFINE_float(
    "least_score",
    None,
    "In formats other than lip, joints that score less are missing; without it, those below 0.1; "
    "-1 keeps all.",
    flag_values=FLAGS,
)
_MAX_MEGAPIXELS = flags.DEFINE_float(
    "max_megapixels",
    None,
    "Larger images are refused; 179 unless given.",
    lower_bound=0,
    flag_values=FLAGS,
)
_DAMAGED_IMAGES = flags.DEFINE_enum(
    "damaged_images",
    "refuse",
    ["refuse", "use"],
    "What to do with JPEGs that end too early: use reads them as far as they go.",
    flag_values=FLAGS,
)
_LIVE = flags.DEFINE_bool(
    "live",
    False,
    "Play videos: leave out frames that come while the network works, as a camera's.",
    flag_values=FLAGS,
)
_SHOW = flags.DEFINE_bool(
    "show", False, "Show a video's overlay in a window; q ends it.", flag_values=FLAGS
)
_MAX_FRAMES = flags.DEFINE_integer(
    "max_frames",
    None,
    "End a live video after so many predicted frames.",
    lower_bound=1,
    flag_values=FLAGS,
)
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Do finished images again.", flag_values=FLAGS)
_DURABLE = flags.DEFINE_bool(
    "durable",
    True,
    "Wait until an image's results are safe on disk before it counts as finished, so that a power "
    "cut takes none; --nodurable saves some milliseconds a file.",
    flag_values=FLAGS,
)
cli.define_predicting_flags(FLAGS, __name__)
people.define_people_flags(FLAGS, __name__)


def main(arguments: list[str]) -> int:
    """Predicts all images or videos; the exit status."""
    from jppnet_tf.predictions import formats
    from jppnet_tf.runs import sources
    from jppnet_tf.runs.names import result_names
    from jppnet_tf.weights import presets

    people.check_people_flags(FLAGS)
    is_group = FLAGS["people"].value is not None
    words = _FORMAT.value or (["lip", "person"] if is_group else ["lip"])
    chosen = formats.choose_formats(words, _CLASSES.value, _PALETTE.value)
    if is_group:
        formats.check_people(chosen)
    videos = sources.list_videos(_IMAGES.value + arguments)
    check_flags(videos)
    images, boxes = videos, None
    names: list[str] = []
    if videos is None:
        images = sources.list_images(_IMAGES.value + arguments, _LIST.value, _OUTPUT.value)
        for note in images.notes:
            print(note)
        names = result_names(images.files, images.root)
        boxes = read_boxes(images, names)
    else:
        chosen = (formats.VIDEO,)
    weights = _WEIGHTS.value
    if weights is None:
        print(presets.DEFAULT_NOTE)
        weights = presets.DEFAULT
    looks = cli.read_predicting_flags(FLAGS)  # from here on it takes a while
    from jppnet_tf.runs.jobs import Job
    from jppnet_tf.runs.results import Results, run_settings

    needs_scores = any(each.needs_scores for each in chosen)
    predictor = people.build_predictor(FLAGS, weights, needs_scores, **looks)
    finds_people = is_group or predictor.family.finds_people
    formats.check_network(chosen, predictor.classes, predictor.has_pose, finds_people)
    if _LEAST_SCORE.value is not None and not predictor.has_pose:
        raise InputError("no pose for --least_score: the network parses only")
    settings = run_settings(predictor, cli.name_weights(weights))
    settings["least_score"] = _LEAST_SCORE.value
    settings |= formats.choice_settings(_CLASSES.value, _PALETTE.value)
    settings |= people.describe_people(FLAGS, predictor)
    results = Results(_OUTPUT.value, settings, _OVERWRITE.value, chosen, _DURABLE.value)
    if videos is not None:
        return run_on_videos(predictor, videos, results)
    jobs = [
        Job(file, name, find_crops(name, boxes))
        for file, name in zip(images.files, names, strict=True)
        if boxes is None or name in boxes.boxes
    ]
    return run_on_images(predictor, jobs, results, images.unreadable)


def check_flags(videos: "Sources | int | None") -> None:
    """Refuses flags that go with images only, or with videos only."""
    for_images = [
        name
        for name in ("format", "classes", "palette", "list", "damaged_images")
        if FLAGS[name].present
    ]
    for_videos = [name for name in ("live", "show", "max_frames") if FLAGS[name].present]
    wrong, right = (for_videos, "videos") if videos is None else (for_images, "images")
    if wrong:
        raise InputError(f"--{wrong[0]} goes with {right} only")
    if videos is not None and FLAGS["people"].value not in (None, people.AUTO):
        raise InputError("boxes of a file go with images only; videos take --people auto")
    if _MAX_FRAMES.value is not None and not is_live(videos):
        raise InputError("--max_frames goes with a camera or --live only")


def read_boxes(images: "Sources", names: Sequence[str]) -> "BoxFile | None":
    """Reads the boxes of a run's images, if a file is named; prints what is left out."""
    from jppnet_tf.predictions import boxes

    file = FLAGS["people"].value
    if file in (None, people.AUTO):
        return None
    paths = people.relative_paths(images.files, images.root)
    least_score = FLAGS["least_box_score"].value
    found = boxes.read_boxes(file, dict(zip(names, paths, strict=True)), least_score)
    without = len(names) - len(found.boxes)
    if without:
        print(f"{without} of {len(names)} images have no box, and are left out")
    if found.unused:
        print(f"{file}: {found.unused} of its images are not among those given")
    return found


def find_crops(name: str, boxes: "BoxFile | None") -> "Crops | None":
    """The crops of an image; None without boxes."""
    from jppnet_tf.predictions.crops import Crops

    if boxes is None:
        return None
    return Crops(boxes.boxes[name], FLAGS["box_margin"].value, boxes.image_ids[name])


def max_pixels() -> int:
    """How many pixels a photograph or a frame may hold."""
    from jppnet_tf.images.reading import MAX_PIXELS

    if _MAX_MEGAPIXELS.value is None:
        return MAX_PIXELS
    return int(min(sys.maxsize, _MAX_MEGAPIXELS.value * 1e6))  # "inf" is a number too


def run_on_images(
    predictor: "Predicts", jobs: Sequence["Job"], results: "Results", unreadable: Sequence[str]
) -> int:
    """Predicts images, shows progress, and reports; the exit status."""
    from tqdm import tqdm

    from jppnet_tf.runs.run import Run, predict_jobs

    run = Run(jobs, results)
    # The time that is left is judged by the last twenty images, not by the last two or three.
    finished = len(jobs) - len(run.left)
    progress = tqdm(total=len(jobs), initial=finished, unit="image", smoothing=0.05)

    def advance(*_):
        progress.update(progress.n < progress.total)  # not twice where it was passed before

    def predict(mine, on_end, is_stopping):
        def on_image(job, reason):
            on_end(job, reason)
            advance()

        with progress:
            predict_jobs(
                *(predictor, mine, results, on_image, is_stopping),
                max_pixels=max_pixels(),
                allow_truncated=_DAMAGED_IMAGES.value == "use",
            )

    return carry_out(run, predict, advance, unreadable)


def is_live(videos: "Sources | int | None") -> bool:
    """Whether frames that come while the network works are left out."""
    return isinstance(videos, int) or _LIVE.value


def run_on_videos(predictor: "Predicts", videos: "Sources | int", results: "Results") -> int:
    """Predicts videos, or what a camera sees, shows progress, and reports; the exit status."""
    from tqdm import tqdm

    from jppnet_tf.runs.run import Run
    from jppnet_tf.runs.videos import Viewing, name_videos, predict_videos

    viewing = Viewing(is_live(videos), _MAX_FRAMES.value, _SHOW.value, max_pixels())
    sources = name_videos(videos, viewing.is_live)

    def track(frames, count):
        return tqdm(frames, total=count or None, unit="frame", smoothing=0.05)

    def predict(mine, on_end, is_stopping):
        predict_videos(predictor, mine, sources, results, viewing, on_end, is_stopping, track)

    return carry_out(Run(list(sources), results), predict)


def carry_out(
    run: "Run",
    predict: Predict,
    on_pass: Callable[["Job"], None] = lambda job: None,
    unreadable: Sequence[str] = (),
) -> int:
    """Does a run and reports, however it ends; the exit status."""
    try:
        run.predict(predict, on_pass)
    finally:
        failures = [*run.failures, *unreadable]
        print(
            f"{run.predicted} predicted, {len(run.jobs) - len(run.left)} finished before, "
            f"{len(failures)} failed"
            + (f", {run.by_others} by other processes" if run.by_others else "")
            + (f", {run.undone} left" if run.undone else "")
            + f"; results are in {_OUTPUT.value}"
        )
        for reason in failures:
            print(f"failed: {reason}", file=sys.stderr)
    return 0 if run.is_done and not unreadable else 1
