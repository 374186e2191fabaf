"""What a run has to do: one image after the other."""

import dataclasses
import os

import numpy as np

from jppnet_tf.predictions.crops import Crops
from jppnet_tf.predictions.formats.lip import prediction_record
from jppnet_tf.predictions.prediction import Prediction


@dataclasses.dataclass(frozen=True, slots=True)
class Job:
    """One image to predict.

    Attributes:
        file: its path.
        name: its result name.
        crops: the people to look at one by one; None to look at the whole image.
    """

    file: str | os.PathLike
    name: str
    crops: Crops | None = None

    def identity(self) -> dict[str, int] | None:
        """What tells this image from another of its name: size and time of its last change.

        None of an image that is not there.
        """
        try:
            state = os.stat(self.file)
        except OSError:
            return None
        return {"bytes": state.st_size, "modified": int(state.st_mtime)}

    def is_of(self, record: dict) -> bool:
        """Whether a record is of this very image, and of these people."""
        identity = self.identity()
        return (
            identity is not None
            and all(record.get(key) == value for key, value in identity.items())
            and self._has_people(record)
        )

    def _has_people(self, record):
        """Whether a record is of the people to look at; without crops, of whoever was found."""
        if self.crops is None:
            return True
        people = record.get("people")
        people = people if isinstance(people, list) else []
        found = [person.get("box") for person in people if isinstance(person, dict)]
        return found == [box.xywh for box in self.crops.boxes]

    def cut(self, rgb: np.ndarray) -> list[np.ndarray]:
        """What the network is to look at: uint8 [h, w, 3] each."""
        return self.crops.cut(rgb) if self.crops else [rgb]

    def join(self, predictions: list[Prediction], size_hw: tuple[int, int]) -> Prediction:
        """The whole image's prediction, made of those of what `cut` gave."""
        return self.crops.join(predictions, size_hw) if self.crops else predictions[0]

    def record(self, prediction: Prediction) -> dict:
        """What predictions.jsonl holds of it."""
        image_id = self.crops and self.crops.image_id
        return (
            prediction_record(self.name, str(self.file), prediction)
            | ({} if image_id is None else {"image_id": image_id})
            | (self.identity() or {})
        )
