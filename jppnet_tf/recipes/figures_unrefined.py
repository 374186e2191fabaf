"""The first half of the small network's training on rendered figures: no refinements, from nothing.

    python tools/make_figures.py --output FIGURES --count 16000 --seed 1 --split train
    python tools/make_figures.py --output FIGURES --count 100 --seed 2 --split val
    python tools/train.py --recipe figures_unrefined --data FIGURES --output FIRST

An image costs 0.4 of what it costs with refinements. Narrow heads learn nothing from the
original's initial weights, hence He's; the recipe `figures` goes on from here.

Expected time: 50 minutes on two AMD EPYC cores with bfloat16, beside other work.
Expected score: mean IoU 49.4, PCKh 83.3 on the validation figures, looking once.
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
    batch=4,
    epochs=4,
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
