"""The small network without refinements on rendered figures: what the recipe `figures` starts from.

    jppnet figures --output FIGURES --count 24000 --seed 1 --split train
    jppnet figures --output FIGURES --count 100 --seed 2 --split val
    jppnet train --recipe figures_unrefined --data FIGURES --output FIRST

An image costs 0.4 of what it costs with refinements. Three things let parsing learn: He's numbers
in the narrow heads, where the original's learn nothing; a small weight of the pose terms, which
pull on the trunk some hundred times harder; and labels at stride 2, which show thin parts.

Expected time: 50 minutes on two AMD EPYC cores with bfloat16.
Expected score: mean IoU 67.1, PCKh 89.2 on the validation figures, looking once, if it starts from
weights of mean IoU 51.9 as the shipped model's did (checkpoints/README.md); from nothing it
was not run in this form, and will need longer.
"""

from jppnet_tf.training.settings import Settings

SETTINGS = Settings(
    width=0.25,
    units=(2, 2, 4, 2),
    refinements=0,
    head_initializer="he_normal",
    size=192,
    scales=(1.0,),
    augmentation=(0.75, 1.35),
    pose_weight=0.02,
    enlarge=4,
    batch=8,
    epochs=4,
    planned_epochs=6,
    rate=8e-4,
    warmup_steps=200,
    optimizer="adam",
    clip_norm=5.0,
    update_statistics=True,
    precision="bfloat16",
    seed=1,
    save_steps=500,
)
