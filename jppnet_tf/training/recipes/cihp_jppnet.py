"""JPPNet on the people of CIHP, cut out one by one, from weights that know LIP.

    jppnet cut-people --dataset cihp --data CIHP --output CROPS --split train
    jppnet cut-people --dataset cihp --data CIHP --output CROPS --split val
    jppnet train --recipe cihp_jppnet --data CROPS --output RUN --initial_weights JPPNet-s2

Expected time and score: not measured here.

CIHP has no joints: the terms of pose are 0, and the layers of pose learn from what the refined
parsing needs. Class 10 is torso-skin, which the weights state, so that `jppnet infer` and
`jppnet evaluate` know it.
"""

from jppnet_tf.training.settings import Settings

SETTINGS = Settings(classes="cihp", epochs=12, planned_epochs=12)
