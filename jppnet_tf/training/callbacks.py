"""What happens between the updates of a run: averaging, logs, scores, states."""

import math
import typing
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from tqdm import tqdm

if typing.TYPE_CHECKING:
    from jppnet_tf.system.processes import StopRequest
    from jppnet_tf.training.run import TrainingRun
    from jppnet_tf.training.validation import Validation


class AverageWeights(keras.callbacks.Callback):
    """Keeps a running average of a network's weights and statistics in another network like it.

    In the beginning it forgets faster: after n updates at least as fast as (1 + n) / (10 + n).

    Args:
        average: the other network.
        decay: what the average keeps of itself at each update, 0..1.
        step: how many updates there were before.
    """

    def __init__(self, average: keras.Model, decay: float, step: int) -> None:
        super().__init__()
        self._average = average
        self._decay = decay
        self._step = step
        self._update = tf.function(self._move)

    def _move(self, decay):
        # Not `variables`: on Keras 3 those count the states of random generators, too.
        pairs = zip(self._average.weights, self.model.network.weights, strict=True)
        for average, value in pairs:
            average.assign(average + (1 - decay) * (value - average))

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Moves the average."""
        self._step += 1
        self._update(tf.constant(min(self._decay, (1 + self._step) / (10 + self._step))))


class LossLog(keras.callbacks.Callback):
    """Losses and rate: a progress bar for people, TensorBoard for the rest.

    The model's metrics are begun anew after each update, so that each is that update's.

    Args:
        writer: tf.summary writer, or None to write nothing.
        schedule: LearningRateSchedule.
        steps: after how many updates to write.
        step: how many updates there were before.
        sums: variable float64 [metrics + 1] that the run's state keeps: the sum of each metric over
            the epoch's updates so far, and how many these were.
        goes_on: whether some of the first epoch's updates were made before.
        is_alone: whether there is one worker; of several, Keras's logs are sums.
        is_shown: whether to draw the bar.
    """

    def __init__(
        self,
        writer: tf.summary.SummaryWriter | None,
        schedule: keras.optimizers.schedules.LearningRateSchedule,
        steps: int,
        step: int,
        sums: tf.Variable,
        goes_on: bool = False,
        is_alone: bool = True,
        is_shown: bool = True,
    ) -> None:
        super().__init__()
        self._writer = writer
        self._schedule = schedule
        self._steps = steps
        self._step = step
        self._sums = sums
        self._goes_on = goes_on
        self._is_alone = is_alone
        self._is_shown = is_shown
        self._recent: list[list[float]] = []
        self._bar = tqdm(disable=True)

    @property
    def epoch_means(self) -> dict[str, float]:
        """Each metric's mean over the updates of the epoch that has ended."""
        *sums, count = self._sums.numpy()
        return dict(zip(self._names, (float(total / count) for total in sums), strict=True))

    @property
    def _names(self):
        return [metric.name for metric in self.model.metrics]

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Begins a bar, and the sums, unless the epoch goes on that was interrupted."""
        if not self._goes_on:
            self._sums.assign(tf.zeros_like(self._sums))
        self._goes_on = False
        total = self.params["steps"]
        self._bar = tqdm(
            total=total, desc=f"epoch {epoch + 1}", unit="step", disable=not self._is_shown
        )

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Moves the bar on, and writes when it is time."""
        self._step += 1
        found = (logs or {}) if self._is_alone else self.model.get_metrics_result()
        values = [float(found[name]) for name in self._names]
        self._sums.assign_add([*values, 1.0])
        self._recent.append(values)
        self.model.reset_metrics()
        self._bar.update()
        if self._step % self._steps == 0:
            self._write()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Closes the bar."""
        if self._recent:
            self._write()
        self.close()

    def close(self) -> None:
        """Closes the bar, so that what is printed next has a line of its own."""
        self._bar.close()

    def _write(self):
        means = np.mean(self._recent, axis=0)
        values = dict(zip(self._names, means.tolist(), strict=True))
        self._recent.clear()
        rate = float(self._schedule(self._step - 1))
        kinds = {
            kind: sum(value for name, value in values.items() if name.startswith(kind))
            for kind in ("parsing", "pose", "structure")
            if any(name.startswith(kind) for name in values)
        }
        self._bar.set_postfix(loss=f"{values['loss']:.3f}", **kinds, rate=f"{rate:.1e}")
        if self._writer:
            with self._writer.as_default(step=self._step):
                tf.summary.scalar("rate", rate)
                for name, value in values.items():
                    tf.summary.scalar(f"loss/{name}", value)


class ScoreEpochs(keras.callbacks.Callback):
    """Validates after each epoch and keeps scores, weights, and a panel of predictions.

    Args:
        run: TrainingRun.
        validation: Validation.
        network: whose weights to keep.
        losses: LossLog.
        steps_per_epoch: updates in an epoch.
        writer: tf.summary writer.
        show: function that is given a line of text for people.
    """

    def __init__(
        self,
        run: "TrainingRun",
        validation: "Validation",
        network: keras.Model,
        losses: LossLog,
        steps_per_epoch: int,
        writer: tf.summary.SummaryWriter,
        show: Callable[[str], None] = tqdm.write,
    ) -> None:
        super().__init__()
        self._run = run
        self._validation = validation
        self._network = network
        self._losses = losses
        self._steps_per_epoch = steps_per_epoch
        self._writer = writer
        self._show = show

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Does all this."""
        step = (epoch + 1) * self._steps_per_epoch
        scores = self._validation.score()
        summary = scores.summary() | {"overall": scores.overall}
        row = {"epoch": epoch + 1, "step": step} | self._losses.epoch_means | summary
        is_best = self._run.add_scores(self._network, row, best_by="overall")
        with self._writer.as_default(step=step):
            for name, value in summary.items():
                tf.summary.scalar(f"validation/{name}", value)
            tf.summary.image("predictions", self._validation.draw_panel()[None])
        self._writer.flush()
        texts = [f"{name} {value:.2f}" for name, value in scores.summary().items()]
        note = " (best so far)" if is_best else ""
        if math.isnan(scores.overall):
            note = " (nothing of the validation set could be scored: the best epoch is not known)"
        self._show(f"epoch {epoch + 1}: {', '.join(texts)}{note}")


class SaveStates(keras.callbacks.Callback):
    """Saves the state now and then, and at once when somebody wants to stop. Comes last.

    Args:
        run: TrainingRun.
        step: how many updates there were before.
        save_steps: after how many updates to save, beside the epochs' ends.
        steps_per_epoch: updates in an epoch.
        stop: processes.StopRequest.

    Attributes:
        step: how many updates there were.
    """

    def __init__(
        self,
        run: "TrainingRun",
        step: int,
        save_steps: int,
        steps_per_epoch: int,
        stop: "StopRequest",
    ) -> None:
        super().__init__()
        self._run = run
        self.step = step
        self._save_steps = save_steps
        self._steps_per_epoch = steps_per_epoch
        self._stop = stop

    def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
        """Saves if it is time, but leaves an epoch's end to `on_epoch_end`: scores come first."""
        self.step += 1
        if self.step % self._steps_per_epoch:
            self._save(self.step % self._save_steps == 0)

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Saves."""
        self._save(True)

    def _save(self, is_time):
        if is_time or self._stop.made:
            self._run.save_state(self.step)
        if self._stop.made:
            raise KeyboardInterrupt
