"""LIP-Net on rendered figures, the first of two phases.

python tools/make_figures.py --output FIGURES --count 24000 --seed 1 --split train
python tools/make_figures.py --output FIGURES --count 100 --seed 2 --split val
python tools/train.py --recipe figures_lip_net --data FIGURES --output FIRST
"""

from jppnet_tf.training.settings import Settings

SETTINGS = Settings(
    model="lip_net",
    size=192,
    augmentation=(1.0, 1.0),
    dropout=0.0,
    losses=("cross_entropy", "dice"),
    batch=8,
    epochs=6,
    planned_epochs=10,
    epoch_steps=450,
    rate=2e-3,
    warmup_steps=200,
    optimizer="adam",
    clip_norm=5.0,
    precision="mixed_bfloat16",
    seed=1,
    save_steps=150,
)
