import pytest

from jppnet_tf.system.errors import InputError
from jppnet_tf.training.recipes import load_recipe
from jppnet_tf.training.settings import Settings, override


def test_values_are_read_by_their_types():
    changed = override(
        Settings(),
        ["batch=8", "rate=2e-3", "mirror=False", "scales=1,0.5", "units=1,2,3,4", "optimizer=adam"],
    )
    assert (changed.batch, changed.rate, changed.mirror) == (8, 2e-3, False)
    assert (changed.scales, changed.units, changed.optimizer) == ((1.0, 0.5), (1, 2, 3, 4), "adam")
    assert changed.size == Settings().size


@pytest.mark.parametrize(
    "assignment, message",
    [
        ("batchsize=8", "no setting batchsize; there are model, .*batch"),
        ("batch", "write name=value"),
        ("batch=many", "--set batch=many: the value must be int"),
        ("mirror=1", "must be true or false"),
        ("scales=1,x", "must be numbers with commas between"),
        ("scales=0.5", "scales must begin with 1"),
        ("scales=1,0.5,0.5", "scales must begin with 1"),
        ("head_initializer=huge", "head_initializer is"),
        ("size=100", "multiple of 8"),
        ("precision=half", "precision is one of float32"),
        ("optimizer=sgd", "optimizer is one of momentum, adam"),
        ("rate=0", "rate must be above 0"),
        ("epochs=36", "epochs must be from 1 to planned_epochs"),
        ("average=1", "average must be"),
        ("model=unet", "model is one of jppnet, ss_jppnet, lip_net"),
        ("structure=both", 'structure is "", paper or released'),
        ("widths=1,2,3,4,5", "widths is a setting of ss_jppnet, not of jppnet"),
        ("weight_decay=0.1", "weight_decay is a setting of ss_jppnet, not of jppnet"),
        ("power=-1", "power starts at 0"),
        ("augmentation=1", "two factors"),
        ("predict_size=8", "predict_size is 0, or from 16 up"),
        ("losses=dice,dice", "each once"),
        ("losses=l2", "losses are some of border, dice, cross_entropy"),
        ("dropout=1", "dropout must be from 0 to below 1"),
        ("losses=dice", "losses is a setting of lip_net, not of jppnet"),
        ("epoch_steps=-1", "epoch_steps starts at 0"),
        ("stem=-1", "stem starts at 0"),
        ("zoom=0.5", "zoom and aspect start at 1"),
        ("aspect=0.7", "zoom and aspect start at 1"),
        ("rotation=181", "rotation must be from 0 to 180"),
        ("paste=1.5", "light, soften and paste must be from 0 to 1"),
        ("repeat=0", "balance starts at 0, repeat at 1"),
        ("dice_weight=-1", "dice_weight starts at 0"),
    ],
)
def test_wrong_settings_are_named(assignment, message):
    with pytest.raises(InputError, match=message):
        override(Settings(), [assignment])


def test_settings_of_the_other_model_are_refused():
    settings = load_recipe("lip_ss_jppnet")
    for assignment in ("joints=0", "scales=1", "pose_weight=0.1", "enlarge=2"):
        name = assignment.partition("=")[0]
        with pytest.raises(InputError, match=f"{name} is a setting of jppnet, not of ss_jppnet"):
            override(settings, [assignment])
    with pytest.raises(
        InputError, match="width is a setting of jppnet and lip_net and personlab, not of ss"
    ):
        override(settings, ["width=0.5"])
    with pytest.raises(InputError, match="clip_norm of ss_jppnet needs optimizer=adam"):
        override(settings, ["clip_norm=1"])
    with pytest.raises(InputError, match="weight_decay needs optimizer=momentum"):
        override(settings, ["optimizer=adam"])


def test_images_are_predicted_at_the_training_size_unless_told_otherwise():
    assert Settings().predict_hw == (384, 384)
    assert load_recipe("lip_ss_jppnet").predict_hw == (640, 640)


RECIPES = [
    "cihp_jppnet", "coco_personlab", "figures", "figures_lip_net", "figures_lip_net_fine",
    "figures_ss_jppnet", "figures_ss_jppnet_structure", "figures_unrefined",
    "lip_jppnet", "lip_lip_net", "lip_parsing", "lip_ss_jppnet", "lip_ss_jppnet_structure",
    "photos", "photos_fine", "photos_lip_net", "scenes_personlab",
]  # fmt: skip


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_of_the_package_load(name):
    assert isinstance(load_recipe(name), Settings)


def test_the_settings_of_ss_jppnet_are_the_originals():
    settings = load_recipe("lip_ss_jppnet")
    assert (settings.batch, settings.accumulate, settings.size) == (2, 2, 321)
    assert (settings.rate, settings.power, settings.momentum) == (1e-4, 0, 0.9)
    assert (settings.weight_decay, settings.augmentation) == (5e-4, (0.6, 0.8, 1.0, 1.2, 1.4))
    assert load_recipe("lip_ss_jppnet_structure").structure == "paper"


def test_the_settings_of_lip_net_are_the_papers():
    settings = load_recipe("lip_lip_net")
    assert (settings.model, settings.width, settings.size, settings.batch) == (
        "lip_net", 1, 512, 4,
    )  # fmt: skip
    assert settings.epochs * settings.epoch_steps == 20_000 == settings.planned_epochs * 1000
    assert (settings.optimizer, settings.rate, settings.power) == ("adam", 0.005, 0.9)
    assert (settings.losses, settings.dropout, settings.initial_weights) == (("border",), 0.25, "")
    assert (settings.augmentation, settings.mirror) == ((1, 1), False)
    for assignment in ("joints=0", "weight_decay=0.1", "scales=1", "units=1,1,1,1"):
        name = assignment.partition("=")[0]
        with pytest.raises(InputError, match=f"{name} is a setting of .*, not of lip_net"):
            override(settings, [assignment])


def test_the_settings_of_personlab_are_the_papers():
    settings = load_recipe("coco_personlab")
    assert (settings.model, settings.size, settings.stride) == ("personlab", 801, 16)
    assert (settings.batch, settings.rate, settings.power) == (8, 1e-3, 0)
    assert (settings.augmentation, settings.mirror, settings.rotation) == ((0.5, 1.5), True, 0)
    assert settings.units == (3, 4, 23, 3) and settings.body == "resnet_v2" and settings.average
    for assignment, message in (
        ("size=800", "size of personlab must be a multiple of the stride, 16, plus 1"),
        ("body=vgg", "body is one of resnet_v2, resnet_v1, resnet_v1_slim"),
        ("stride=4", "stride is 8, 16 or 32"),
        ("body=resnet_v1", "with body=resnet_v1 it is 8"),
        ("enlarge=2", "enlarge is a setting of jppnet, not of personlab"),
        ("auxiliary=yes", "the value must be true or false"),
    ):
        with pytest.raises(InputError, match=message):
            override(settings, [assignment])
    with pytest.raises(InputError, match="body is a setting of personlab, not of jppnet"):
        Settings(body="resnet_v1", stride=8)
    assert override(settings, ["body=resnet_v1_slim"]).stride == 16
    assert not settings.auxiliary and override(settings, ["auxiliary=true"]).auxiliary
    with pytest.raises(InputError, match="auxiliary needs a stride of 8 or 16"):
        override(settings, ["auxiliary=true", "stride=32"])


def test_the_defaults_are_the_originals():
    settings = load_recipe("lip_jppnet")
    assert settings == Settings()
    assert (settings.batch, settings.rate, settings.power, settings.momentum) == (4, 1e-4, 0.9, 0.9)
    assert (settings.scales, settings.size) == ((1.0, 0.75, 0.5), 384)
    assert (settings.epochs, settings.planned_epochs) == (27, 35)


def test_a_recipe_of_ones_own(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        "from jppnet_tf.training.settings import Settings\nSETTINGS = Settings(batch=2)\n"
    )
    assert load_recipe(str(path)) == Settings(batch=2)


@pytest.mark.parametrize(
    "content, message",
    [
        (None, f"no Python file, and none of the package's: {', '.join(RECIPES)}"),
        ("SETTINGS = {}", "must set SETTINGS"),
        ("1\n1 / 0", "mine.py, line 2: ZeroDivisionError"),
        ("def", "mine.py, line 1: SyntaxError"),
        (
            "from jppnet_tf.training.settings import Settings\nSETTINGS = Settings(\n  batch=0)",
            "mine.py, line 2: InputError: settings: batch and accumulate start at 1",
        ),
    ],
)
def test_a_recipe_that_is_none(tmp_path, content, message):
    path = tmp_path / "mine.py"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match=message):
        load_recipe(str(path))


def test_images_without_label_need_a_network_with_joints():
    with pytest.raises(InputError, match="pose_only needs a network with joints"):
        Settings(joints=0, refinements=0, pose_only=True)
