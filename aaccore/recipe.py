"""Training runs as frozen dataclasses: what is trained on what, and how. `resources/recipes/*.toml` hold some.

The defaults are the bundled model's. Few were compared with others, as its card tells; why the rest is as it is, the
classes say. `clotho.toml` has what others found best there: 400 epochs of 512 captions, weight decay 2, smoothing 0.2.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

import tomli_w

from aaccore.config import Network, check, setting
from aaccore.errors import ConfigError

Rlssr = Literal["none", "l1", "l2"]

FEWEST = 5
"""Recordings with corrections that a model can be taught by: one is held back."""


@dataclass(frozen=True)
class DataSet:
    """Which sounds a model is trained on; paths are below the data set's folder.

    Several data sets are drawn in equal shares unless their weights say otherwise: else a large one would drown the one
    whose captions are wanted (Labbé, Pellegrini and Pinquier, 2024, give the wanted one half of each epoch).
    """

    folder: str = setting("", "where the data set lies")
    kind: Literal["folds", "clotho", "audiocaps"] = setting(
        "folds", "one CSV with a column fold, or the CSVs of Clotho or AudioCaps with their splits as folds"
    )
    captions: str = setting("captions.csv", "CSV of file_name, caption_1 .. caption_n, label, fold")
    clips: str = setting("clips", "folder of the clips")
    scenes: str = setting("scenes.csv", "CSV of written scenes; empty for none")
    development: tuple[str, ...] = setting(("1", "2", "3"), "folds that are trained on")
    validation: tuple[str, ...] = setting(("4",), "folds that choices are made on; may be empty")
    longest_s: float = setting(10.0, "what is beyond is cut off", unit="s", low=1, high=60)
    seed: int = setting(1, "of the alterations and the made scenes", low=0, high=2**31 - 1)
    leave_out: tuple[str, ...] = setting((), "sources that are not trained on, to see how general a model is")
    altered: int = setting(1, "altered copies of each clip", low=0, high=50)
    made_scenes: int = setting(1500, "scenes that are made up, per fold", low=0, high=100_000)
    backgrounds: int = setting(150, "hums, hisses and silences that are made up, per fold", low=0, high=10_000)
    cache_gb: float = setting(20.0, "space for what is computed once; the oldest goes first", unit="GB", low=0.1)
    weight: float = setting(
        1.0, "share of what is drawn among several data sets, whatever their size: equal, so that a small one counts",
        low=0.001, high=1000,
    )  # fmt: skip
    name: str = setting("", "what its style is called where there are several data sets; empty: its kind")


@dataclass(frozen=True)
class EncoderTraining:
    """The CNN: what it starts from and how much of it learns.

    Frozen, because its features are then computed once, and fine-tuning gained the bundled model little. One that
    learns has a tenth of the others' rate, so that it keeps what it was pretrained for; its batch norms keep their
    statistics, which small batches would spoil; its masks are as wide as when the PANNs were trained.
    """

    weights: str = setting(
        "published", "published: those of its name; none: drawn at random; or the name of others, or a file"
    )
    trained: Literal["none", "last", "all"] = setting("none", "frozen, its last block, or all of it")
    batch_norms: Literal["keep", "train"] = setting("keep", "statistics of the batch norms: as they came, or learnt")
    learning_rate: float = setting(1e-4, "highest learning rate of the CNN", low=0, high=1)
    masked_frames: int = setting(64, "SpecAugment on log-mels: longest hidden time", unit="frames", low=0, high=1000)
    masked_mels: int = setting(8, "SpecAugment on log-mels: widest band", unit="mels", low=0, high=100)


@dataclass(frozen=True)
class LabelTraining:
    """The first phase: the label head learns which sounds there are, on the CNNs' features."""

    epochs: float = setting(3.0, "passes over the pool; 0 leaves label head and keywords out", low=0, high=1000)
    batch_size: int = setting(64, "sounds in a step", low=1, high=4096)
    rough: int = setting(0, "copies of each clip in loud rooms or noise, for the label head alone", low=0, high=50)
    clip_steps: int = setting(2000, "steps of twice as many for the part that hears the whole clip", low=0, high=10**6)
    learning_rate: float = setting(2e-3, "highest learning rate; falls to 0", low=0, high=1)
    weight_decay: float = setting(0.02, "decoupled; not on biases and norms", low=0, high=10)
    masked_steps: int = setting(3, "SpecAugment on features: longest hidden time", unit="steps", low=0, high=100)
    masked_channels: int = setting(150, "SpecAugment on features: widest band", unit="channels", low=0, high=1000)
    average: float = setting(0.995, "decay of the moving average of weights that is kept", low=0, high=0.99999)


@dataclass(frozen=True)
class CaptionTraining:
    """The second phase: transformer and decoder learn to say it, on the features of the first.

    AdamW's rate rises in a warm-up, as its estimates are poor at first, and falls by a cosine to 0; gradients are
    clipped at the field's usual 1. Batch size and rate were chosen by the training loss. The decay is light and the
    smoothing low because nine epochs overfit little. RLSSR is on as in the paper, which leaves weight and place open.
    Masks hide about a second and a tenth of the channels. Mixup and the data sets' tokens are off: mixup pays in long
    trainings, a token has nothing to tell of one data set. The average spans the last 500 steps, a tenth of a training;
    near the start, and in short trainings to their end, the last tenth.
    CIDEr-D chooses the best checkpoint because it follows people's judgement better than BLEU and needs no Java.
    """

    epochs: float = setting(9.0, "passes over the pool", low=0, high=10_000)
    batch_size: int = setting(32, "captions in a step, over all processes", low=1, high=4096)
    accumulate: int = setting(1, "parts that a step's batch is computed in, to save memory", low=1, high=1024)
    balanced: bool = setting(True, "rare labels are drawn more often")
    learning_rate: float = setting(1.2e-3, "highest learning rate", low=0, high=1)
    weight_decay: float = setting(0.1, "decoupled; not on biases and norms", low=0, high=10)
    warm_up: int = setting(150, "steps until the full learning rate", low=0, high=100_000)
    gradient_norm: float = setting(1.0, "longer gradients are shortened to this", low=0.001, high=1000)
    label_smoothing: float = setting(0.1, "probability spread over the vocabulary", low=0, high=0.9)
    rlssr: Rlssr = setting("l2", "norm of the RLSSR term; none leaves it out")
    rlssr_weight: float = setting(0.1, "of the RLSSR term", low=0, high=100)
    rlssr_detach: Literal["none", "encoder", "decoder"] = setting("none", "side that the RLSSR term does not pull")
    rlssr_place: Literal["memory", "features"] = setting(
        "memory", "what of the encoder is compared: the transformer encoder's output, or its input"
    )
    keyword_dropout: float = setting(0.15, "chance that a keyword is left out", low=0, high=1)
    no_keywords: float = setting(0.1, "share of sounds without any keyword", low=0, high=1)
    masked_steps: int = setting(3, "SpecAugment on features: longest hidden time", unit="steps", low=0, high=100)
    masked_channels: int = setting(150, "SpecAugment on features: widest band", unit="channels", low=0, high=1000)
    mixup: float = setting(0.0, "features and input words mixed by Beta(this, this); 0 is off", low=0, high=10)
    data_set_token: bool = setting(
        False, "begin each caption with a token of its data set, so that its style can be asked for; for several sets"
    )
    tag_captions: float = setting(
        0.08, "share of a batch that learns words from AudioSet's tags alone", low=0, high=0.9
    )
    average: float = setting(0.998, "decay of the moving average of weights that is kept", low=0, high=0.99999)
    sbert_sim: bool = setting(False, "score SBERT-sim each epoch too: half a minute for a thousand sounds")
    meteor: bool = setting(False, "score METEOR each epoch too, where Java is: most of a minute for a thousand sounds")
    spice: bool = setting(False, "score SPICE each epoch too, where Java and Stanford CoreNLP are: minutes")
    validate_every: int = setting(1, "epochs between two validations; the end is always validated", low=1, high=10_000)
    patience: int = setting(0, "validations without a better score until training ends; 0: never", low=0, high=10_000)
    score: Literal["cider_d", "bleu_4", "rouge_l", "meteor", "spice", "sbert_sim", "loss"] = setting(
        "cider_d", "score of the validation split by which the best checkpoint is chosen"
    )


@dataclass(frozen=True)
class Training:
    """A training run: what a recipe holds."""

    network: Network = field(default_factory=Network)
    data: DataSet = field(default_factory=DataSet)
    more_data: tuple[DataSet, ...] = setting(
        (), 'further data sets, as {folder = "FOLDER", kind = "clotho", development = ["development"], weight = 0.5}'
    )
    encoder: EncoderTraining = field(default_factory=EncoderTraining)
    labels: LabelTraining = field(default_factory=LabelTraining)
    captions: CaptionTraining = field(default_factory=CaptionTraining)
    seed: int = setting(1, "of everything that is drawn", low=0, high=2**31 - 1)
    device: str = setting("cpu", "cpu, cuda or mps; auto takes a GPU where there is one")
    precision: Literal["fp32", "bf16", "fp16"] = setting(
        "fp32", "arithmetic of the network; half as much memory on GPUs, and faster there"
    )
    threads: int = setting(2, "processor threads", low=1, high=256)
    checkpoint_s: float = setting(300.0, "time between checkpoints", unit="s", low=0.1, high=3600)


@dataclass(frozen=True)
class FineTuning:
    """How a model is taught one's own sounds."""

    epochs: float = setting(24.0, "passes over the corrections", low=0.1, high=1000)
    fewest_steps: int = setting(60, "steps at least", low=1, high=100_000)
    most_steps: int = setting(600, "steps at most", low=1, high=100_000)
    batch_size: int = setting(8, "captions in a step", low=1, high=512)
    learning_rate: float = setting(2e-4, "highest learning rate", low=0, high=1)
    average: float = setting(0.95, "decay of the moving average of weights that is kept", low=0, high=0.99999)
    held_back: float = setting(0.2, "share of the recordings that are only judged on", low=0.01, high=0.9)
    enough: float = setting(
        1.1, "loss of the corrections at which no more of the way to the learnt weights is gone: the higher, the less "
        "is learnt and forgotten", unit="nats per word", low=0, high=100,
    )  # fmt: skip
    watched: int = setting(25, "uncorrected sounds that show what else has changed", low=0, high=10_000)
    seed: int = setting(1, "of everything that is drawn", low=0, high=2**31 - 1)
    threads: int = setting(2, "processes that compute features", low=1, high=256)
    device: str = setting("cpu", "cpu, cuda or mps; auto takes a GPU where there is one")

    def steps(self, captions: int) -> int:
        """Steps that learning so many captions takes."""
        size = min(self.batch_size, captions)
        return min(self.most_steps, max(self.fewest_steps, round(self.epochs * captions / size)))

    def judged_on(self, recordings: int) -> int:
        """How many of so many recordings are held back: at least one, and never all."""
        return max(1, min(recordings - 1, round(self.held_back * recordings)))


@dataclass(frozen=True)
class Teaching:
    """A run that teaches a model the corrections of a library: what `teach.toml` in its folder holds."""

    model: str = setting("", "folder of the model that is taught; empty for the one that comes with Auricle")
    library: str = setting("", "file of the library; empty for the application's")
    tuning: FineTuning = field(default_factory=FineTuning)


def check_training(options: Training) -> None:
    """Check the limits, and what only makes sense together.

    Raises:
        ConfigError: Which settings do not fit.
    """
    check(options)
    for data in (options.data, *options.more_data):
        if data.longest_s > options.network.window_s:
            raise ConfigError(f"data.longest_s = {data.longest_s}: longer than network.window_s; make that as long")
    for data in options.more_data:
        if not data.folder or not data.development:
            raise ConfigError(f"more_data: {data.name or data.kind} needs a folder, and folds that are trained on")
    names = set_names(options)
    if len(set(names)) < len(names):
        raise ConfigError(f"more_data: data sets are called {', '.join(names)}; give each a name of its own")
    if options.captions.data_set_token and not options.more_data:
        raise ConfigError("captions.data_set_token: tells several data sets apart; name another one in more_data")
    if options.encoder.trained != "none" and options.network.keywords:
        raise ConfigError(
            f"encoder.trained = {options.encoder.trained!r}: a CNN that learns changes what keywords are found on; "
            "set network.keywords = 0"
        )
    if options.encoder.weights == "none" and options.encoder.trained != "all":
        raise ConfigError('encoder.weights = "none": random weights have to be trained; set encoder.trained = "all"')
    score = options.captions.score
    if score in ("meteor", "spice", "sbert_sim") and not getattr(options.captions, score):
        raise ConfigError(f'captions.score = "{score}": is only there with captions.{score} = true')
    if options.precision == "fp16" and options.device == "cpu":
        raise ConfigError("precision = fp16: is for GPUs; use bf16 or, on most processors faster, fp32")


def set_names(options: Training) -> tuple[str, ...]:
    """What the data sets of a run are called, the first one first."""
    return tuple(data.name or data.kind for data in (options.data, *options.more_data))


def shares(options: Training) -> tuple[float, ...]:
    """The share of each data set in what is drawn; they sum to 1."""
    weights = [data.weight for data in (options.data, *options.more_data)]
    return tuple(weight / sum(weights) for weight in weights)


def to_toml(options: Training | Teaching) -> str:
    """A recipe's, or a teaching's, text; `config.from_toml` reads it again."""
    return tomli_w.dumps(plain(options))


def plain(options: Training | Teaching, without: Collection[str] = ()) -> dict[str, Any]:
    """Settings as TOML and JSON take them: dictionaries, lists and values.

    Args:
        options: A recipe, or a teaching.
        without: Settings that are left out wherever they are; so is what is not set.
    """

    def of(value: Any) -> Any:
        if isinstance(value, tuple):
            return [of(item) for item in value]
        if isinstance(value, dict):
            return {name: of(one) for name, one in value.items() if one is not None and name not in without}
        return value

    return cast(dict[str, Any], of(asdict(options)))


def recipes() -> Path:
    """The folder of the recipes that come with the program."""
    return Path(__file__).resolve().parents[1] / "resources" / "recipes"
