"""JPPNet on LIP as it was released: parsing and pose, each refined twice.

    jppnet train --recipe lip_jppnet --data LIP --output RUN \\
        --initial_weights RUN_OF_lip_parsing/best.safetensors

Expected time: not measured here; the original took days on four GPUs.
Expected score (paper, LIP validation): mean IoU 51.37, PCKh 82.5. Not reproduced here.

Four samples per update, one on each of four GPUs; 35 epochs were planned, and the weights released
after 27 (205,632 updates).
"""

from jppnet_tf.training.settings import Settings

SETTINGS = Settings()
