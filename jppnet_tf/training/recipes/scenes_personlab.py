"""PersonLab of half width on scenes, half of them of people cut out of photographs.

    jppnet paste-people --source CLONE --landmarks LANDMARKS.npz --output SCENES --count 20000 \\
        --seed 1 --split train
    jppnet paste-people --source CLONE --landmarks LANDMARKS.npz --output SCENES --count 200 \\
        --seed 2
    jppnet train --recipe scenes_personlab --data SCENES --output RUN --initial_weights photos

Rendered scenes (`jppnet figures --people 1 5`) go into another folder, and a second run starts from
the first one's weights. In this form it was not run: docs/personlab.md tells how the first weights
came about.
"""

from jppnet_tf.training.settings import Settings

SETTINGS = Settings(
    model="personlab",
    body="resnet_v1",
    stride=8,
    width=0.5,
    units=(3, 4, 6, 3),
    stem=64,
    size=401,
    predict_size=601,
    augmentation=(0.5, 2.0),
    rotation=20.0,
    light=0.8,
    soften=0.1,
    batch=64,
    epochs=21,
    planned_epochs=21,
    epoch_steps=200,
    rate=1.2e-3,
    power=1,
    warmup_steps=200,
    optimizer="adam",
    clip_norm=5.0,
    average=0.999,
    seed=1,
    save_steps=200,
)
