"""JPPNet of half width on photographs, the first of two phases: smaller images.

    jppnet import-ccp --source CLONE --landmarks LANDMARKS.npz --output CCP
    jppnet train --recipe photos --data CCP --output FIRST --initial_weights open-nsfw.onnx

In this form it was not run: the weights that ship were trained by the same losses, samples and
steps outside of this package, see docs/photographs.md.
"""

from jppnet_tf.training.settings import Settings

SETTINGS = Settings(
    width=0.5,
    units=(3, 4, 6, 3),
    stem=64,
    refinements=1,
    head_initializer="he_normal",
    size=256,
    scales=(1.0,),
    augmentation=(0.8, 1.3),
    zoom=4.0,
    rotation=40.0,
    aspect=1.4,
    light=0.7,
    soften=0.12,
    paste=0.35,
    pose_only=True,
    balance=0.2,
    repeat=4,
    pose_weight=0.02,
    dice_weight=0.5,
    enlarge=4,
    batch=48,
    epochs=10,
    planned_epochs=25,
    epoch_steps=200,
    rate=6e-4,
    warmup_steps=300,
    optimizer="adam",
    clip_norm=5.0,
    average=0.999,
    seed=1,
    save_steps=200,
)
