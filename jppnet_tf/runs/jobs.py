"""What a run has to do: one image after the other."""

import dataclasses
import pathlib

from jppnet_tf.predictions.crops import Crops
from jppnet_tf.predictions.formats.lip import prediction_record


@dataclasses.dataclass(frozen=True)
class Job:
    """One image to predict.

    Attributes:
        file: pathlib.Path.
        name: its result name.
        crops: the people to look at one by one; None to look at the whole image.
    """

    file: pathlib.Path
    name: str
    crops: Crops | None = None

    def identity(self):
        """What tells this image from another of its name: size and time of its last change."""
        try:
            state = self.file.stat()
        except OSError:
            return None
        return {"bytes": state.st_size, "modified": int(state.st_mtime)}

    def is_of(self, record):
        """Whether a record is of this very image, and these people."""
        identity, people = self.identity(), record.get("people")
        people = people if isinstance(people, list) else []
        found = [person.get("box") for person in people if isinstance(person, dict)]
        boxes = [box.xywh for box in self.crops.boxes] if self.crops else []
        return (
            identity is not None
            and all(record.get(key) == value for key, value in identity.items())
            and found == boxes
        )

    def cut(self, rgb):
        """What the network is to look at: list of uint8 [h, w, 3]."""
        return self.crops.cut(rgb) if self.crops else [rgb]

    def join(self, predictions, size_hw):
        """The whole image's Prediction, of those of what `cut` gave."""
        return self.crops.join(predictions, size_hw) if self.crops else predictions[0]

    def record(self, prediction):
        """What predictions.jsonl holds of it."""
        image_id = self.crops and self.crops.image_id
        return (
            prediction_record(self.name, str(self.file), prediction)
            | ({} if image_id is None else {"image_id": image_id})
            | (self.identity() or {})
        )
