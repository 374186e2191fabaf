"""A small JPPNet on rendered figures, from nothing.

    python tools/make_figures.py --output FIGURES --count 16000 --seed 1 --split train
    python tools/make_figures.py --output FIGURES --count 100 --seed 2 --split val
    python tools/train.py --recipe figures --data FIGURES --output RUN

Expected time: not measured to the end. Two AMD EPYC cores with bfloat16 took 7 to 9 of its 80,000
samples a second beside other work: about three hours.
Expected score: not measured to the end. A run planned for 16,000 samples had mean IoU 16.8 and PCKh
69.8 on the validation figures after 8,000.
"""

from jppnet_tf.training.settings import Settings

SETTINGS = Settings(
    width=0.25,
    units=(2, 2, 4, 2),
    head_initializer="he_normal",
    size=192,
    scales=(1.0,),
    augmentation=(0.8, 1.25),
    batch=4,
    epochs=5,
    planned_epochs=5,
    rate=7e-4,
    warmup_steps=200,
    optimizer="adam",
    clip_norm=5.0,
    update_statistics=True,
    precision="mixed_bfloat16",
    seed=1,
    save_steps=500,
)
