"""tools/make_submission.py as its user runs it, mostly in this process."""

from jppnet_tf.data.figures.dataset import write_figures
from tests.programs import start_program


def test_label_maps_are_packed_and_mistakes_told(run_tool, tmp_path):
    write_figures(tmp_path, "val", 2, seed=1, size=64, processes=1)
    labels = tmp_path / "TrainVal_parsing_annotations/val_segmentations"
    arguments = ("--data", tmp_path, "--split", "val", "--predictions", labels)
    output = ("--output", tmp_path / "out")
    status, text, errors = start_program("make_submission.py", *arguments, *output)
    assert status == 0, errors
    assert text.startswith(f"{tmp_path / 'out/parsing.zip'}: 2 images, ")

    next(labels.iterdir()).unlink()
    tool = (
        "make_submission.py",
        "--data",
        tmp_path,
        "--split",
        "val",
        "--output",
        tmp_path / "new",
    )
    status, text, errors = run_tool(*tool, "--predictions", labels)
    assert (status, text) == (2, "")
    assert "error: " in errors and "the first of them figure_00000" in errors
