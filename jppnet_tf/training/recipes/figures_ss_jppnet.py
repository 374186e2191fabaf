"""A narrow SS-JPPNet on rendered figures, without the structure-sensitive loss.

jppnet figures --output FIGURES --count 24000 --seed 1 --split train
jppnet figures --output FIGURES --count 100 --seed 2 --split val
jppnet train --recipe figures_ss_jppnet --data FIGURES --output FIRST

Expected time: 53 minutes on two AMD EPYC cores with bfloat16.
Expected score: mean IoU 37.9 on the validation figures, structure-sensitive error 1.15.
"""

from jppnet_tf.training.settings import Settings

SETTINGS = Settings(
    model="ss_jppnet",
    widths=(16, 32, 64, 96, 192),
    size=193,
    augmentation=(0.3, 0.4, 0.5, 0.6, 0.7),
    structure="released",
    batch=8,
    epochs=4,
    planned_epochs=4,
    rate=1e-3,
    warmup_steps=200,
    optimizer="adam",
    clip_norm=5.0,
    precision="bfloat16",
    seed=1,
    save_steps=500,
)
