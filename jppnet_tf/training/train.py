"""A whole training run: from settings and samples to weights and scores."""

import contextlib
import dataclasses
import os
import tempfile
import typing
from collections.abc import Callable, Iterator

import keras
import tensorflow as tf
from tqdm import tqdm

from jppnet_tf.data.crops import CropReading
from jppnet_tf.data.groups.reading import GroupReading
from jppnet_tf.data.pipeline import build_dataset, stream_indices
from jppnet_tf.data.squares import SquareReading
from jppnet_tf.models.personlab import with_auxiliary
from jppnet_tf.models.precision import set_precision
from jppnet_tf.system.errors import InputError
from jppnet_tf.system.processes import StopRequest
from jppnet_tf.training import callbacks, devices
from jppnet_tf.training.initial import load_initial_weights
from jppnet_tf.training.methods import choose_method
from jppnet_tf.training.model import TrainingModel
from jppnet_tf.training.optimizers import build_schedule
from jppnet_tf.training.run import TrainingRun
from jppnet_tf.training.samples import Samples
from jppnet_tf.training.settings import Settings
from jppnet_tf.training.validation import PeopleValidation, Validation

if typing.TYPE_CHECKING:
    from jppnet_tf.data.lip import Record


def train(
    settings: Settings,
    samples: Samples,
    output: str | os.PathLike,
    show: Callable[[str], None] = tqdm.write,
) -> None:
    """Trains a network, or goes on where an interrupted run stopped.

    The weights after each update depend on settings and samples alone: interrupted or not, on the
    same machine the run ends with the same.

    Args:
        settings: Settings.
        samples: Samples.
        output: the run's folder, see TrainingRun.
        show: function that is given lines of text for people.

    Raises:
        InputError: settings, weights or folder do not fit, or the loss is no longer finite.
        KeyboardInterrupt: somebody stopped it; the state is saved.
    """
    prepare_keras(settings)
    strategy = devices.build_strategy()
    with contextlib.ExitStack() as stack:
        run = stack.enter_context(open_run(settings, samples, output, strategy))
        with strategy.scope():
            method = choose_method(settings)
            trained = method.build_network()
            average = method.build_network(is_trained=False) if settings.average else None
            auxiliary = with_auxiliary(trained) if settings.auxiliary else None
            model = TrainingModel(trained, method.terms, settings.accumulate, auxiliary)
            steps_per_epoch = settings.epoch_steps or -(-len(samples.train) // settings.batch)
            schedule = build_schedule_of(settings, steps_per_epoch)
            model.compile(method.build_optimizer(trained, schedule))
            model.optimizer.build(model.trainable_variables)
            sums = tf.Variable(tf.zeros(len(model.metrics) + 1, tf.float64), trainable=False)
            step = run.open_state(
                network=trained,
                auxiliary=auxiliary,
                average=average,
                optimizer=model.optimizer,
                sums=sums,
            )
            if step == 0 and settings.initial_weights:
                fresh = load_initial_weights(trained, settings.initial_weights)
                show(f"{settings.initial_weights}: read; {len(fresh)} variables start at random")
            if step == 0 and average is not None:
                average.set_weights(trained.get_weights())
        part = devices.split_batch(strategy, settings.batch, settings.accumulate)
        trainer = Trainer(
            settings, method.reading, samples, run, strategy, schedule, steps_per_epoch, part
        )
        run.begin(samples.skipped.values())
        show(describe_start(strategy, settings, step, steps_per_epoch))
        stop = stack.enter_context(StopRequest())
        trainer.fit(model, average, sums, step, stop, show)


def prepare_keras(settings: Settings) -> None:
    """Sets what Keras and TensorFlow keep for the whole process."""
    # As for prediction: float32 is float32, on GPUs too.
    tf.config.experimental.enable_tensor_float_32_execution(False)
    set_precision(settings.precision)
    keras.utils.set_random_seed(settings.seed)


@contextlib.contextmanager
def open_run(
    settings: Settings,
    samples: Samples,
    output: str | os.PathLike,
    strategy: tf.distribute.Strategy,
) -> Iterator[TrainingRun]:
    """The run's folder; workers but the first get a folder that is thrown away.

    They do all that the first one does, because reading variables may need every worker.
    """
    data = {"train": len(samples.train), "validation": len(samples.validation)}
    if devices.is_chief(strategy):
        yield TrainingRun(output, settings, data)
        return
    with tempfile.TemporaryDirectory() as folder:
        yield TrainingRun(folder, settings, data, state_from=output)


def build_schedule_of(
    settings: Settings, steps_per_epoch: int
) -> keras.optimizers.schedules.LearningRateSchedule:
    """The learning rate of each step."""
    total = steps_per_epoch * settings.planned_epochs + 1  # the original's count
    return build_schedule(settings.rate, total, settings.power, settings.warmup_steps)


def describe_start(
    strategy: tf.distribute.Strategy, settings: Settings, step: int, steps_per_epoch: int
) -> str:
    """One line for people."""
    devices_used = strategy.num_replicas_in_sync
    if step >= settings.epochs * steps_per_epoch:
        return f"finished before: {settings.epochs} epochs, {step} steps"
    return (
        f"{settings.epochs} epochs of {steps_per_epoch} steps, {settings.batch} samples a step on "
        f"{devices_used} device{'s' if devices_used > 1 else ''}"
        + (f"; going on after step {step}" if step else "")
    )


@dataclasses.dataclass(frozen=True)
class Trainer:
    """The way of a run from some step to its end.

    Attributes:
        settings: Settings.
        reading: how samples are read.
        samples: Samples.
        run: TrainingRun.
        strategy: tf.distribute.Strategy.
        schedule: LearningRateSchedule.
        steps_per_epoch: updates in an epoch.
        part: how many samples of a batch one device gets.
    """

    settings: Settings
    reading: SquareReading | CropReading | GroupReading
    samples: Samples
    run: TrainingRun
    strategy: tf.distribute.Strategy
    schedule: keras.optimizers.schedules.LearningRateSchedule
    steps_per_epoch: int
    part: int

    def fit(
        self,
        model: TrainingModel,
        average: keras.Model | None,
        sums: tf.Variable,
        step: int,
        stop: StopRequest,
        show: Callable[[str], None],
    ) -> None:
        """Runs `fit` from `step` on; `sums` are LossLog's.

        Raises:
            InputError: the loss is no longer finite.
            KeyboardInterrupt: `stop` was made.
        """
        if step >= self.settings.epochs * self.steps_per_epoch:
            return
        events = self._build_callbacks(model, average, sums, step, stop, show)
        epoch, done = divmod(step, self.steps_per_epoch)
        try:
            if done:  # the rest of the epoch that was interrupted
                self._fit_epochs(model, epoch, epoch + 1, done, events)
                epoch += 1
            if epoch < self.settings.epochs:
                self._fit_epochs(model, epoch, self.settings.epochs, 0, events)
        finally:
            next(e for e in events if isinstance(e, callbacks.LossLog)).close()

    def _fit_epochs(self, model, first, end, done, events):
        start = first * self.steps_per_epoch + done
        try:
            model.fit(
                self._build_dataset(start),
                initial_epoch=first,
                epochs=end,
                steps_per_epoch=self.steps_per_epoch - done,
                callbacks=events,
                verbose=0,
            )
        except tf.errors.InvalidArgumentError as error:
            if "not finite" not in error.message:
                raise
            self._explain(events[-1].step)

    def _explain(self, step):
        """Keeps the state before a batch whose loss is not finite, and tells which it is."""
        self.run.save_state(step)
        count, batch = len(self.samples.train), self.settings.batch
        indices = stream_indices(count, self.settings.seed, range(step * batch, (step + 1) * batch))
        names = ", ".join(self.samples.train[index].name for index in indices)
        raise InputError(
            f"the loss or its gradients are not finite at step {step}, of the samples {names}; "
            "the weights before it are kept in the run's state; look at these samples, or begin "
            "another run with a lower rate or with clip_norm"
        )

    def _build_dataset(self, step):
        """Batches from `step` on, whole or, with several workers, this one's share."""
        records, seed, start = self.samples.train, self.settings.seed, step * self.settings.batch

        def build(context):
            return build_dataset(
                records, self.reading, self.part, seed, start,
                context.num_input_pipelines, context.input_pipeline_id,
            )  # fmt: skip

        if self.strategy.cluster_resolver is not None:
            return self.strategy.distribute_datasets_from_function(build)
        return build_dataset(records, self.reading, self.settings.batch, seed, start)

    def _build_validation(self, network):
        settings, samples = self.settings, self.samples
        if samples.validation_split is not None:
            return PeopleValidation(
                *(network, samples.validation_split, settings.predict_hw),
                settings.validation_images or None,
            )
        records = typing.cast("tuple[Record, ...]", samples.validation)
        return Validation(network, records, settings.predict_hw, settings.batch)

    def _build_callbacks(self, model, average, sums, step, stop, show):
        settings, run, steps = self.settings, self.run, self.steps_per_epoch
        writer = tf.summary.create_file_writer(str(run.folder / "tensorboard"))
        judged = model.network if average is None else average
        validation = self._build_validation(judged)
        is_shown = devices.is_chief(self.strategy)
        losses = callbacks.LossLog(
            *(writer, self.schedule, settings.log_steps, step, sums),
            goes_on=step % steps != 0,
            is_alone=self.strategy.cluster_resolver is None,
            is_shown=is_shown,
        )
        events = [
            losses,
            callbacks.ScoreEpochs(run, validation, judged, losses, steps, writer, show),
            callbacks.SaveStates(run, step, settings.save_steps, steps, stop),
        ]
        if average is not None:
            events.insert(0, callbacks.AverageWeights(average, settings.average, step))
        return events
