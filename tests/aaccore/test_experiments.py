from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any
from xml.etree import ElementTree

import pytest
import torch

from aaccore.__main__ import main
from aaccore.config import from_toml
from aaccore.data import shards
from aaccore.errors import ConfigError
from aaccore.events import ExperimentRun, ReportWritten, RunEnded, StepDone, Working
from aaccore.experiment_report import Result, best, compare, write_report
from aaccore.experiments import Experiment, ablation, chosen, rlssr_grid, run, with_steps
from aaccore.metrics.corpus import QUICK, score_corpus
from aaccore.recipe import Training, check_training, recipes, to_toml
from tests.aaccore.made_corpus import InThisProcess, small_training, write_corpus, write_weights

WHOLE = small_training()
BASE = replace(
    WHOLE,
    network=replace(WHOLE.network, keywords=0),
    labels=replace(WHOLE.labels, epochs=0.0),
    captions=replace(WHOLE.captions, tag_captions=0.0),
)
TWO = chosen(ablation(BASE), ["pretrained-transformer-none", "pretrained-transformer-l2"])


@dataclass(frozen=True)
class Place:
    """Where the experiments of these tests run."""

    data: Path
    cache: Path
    folder: Path

    def run(self, experiment: Experiment, name: str, **more: Any) -> Iterator[Any]:
        return run(experiment, (1, 2), self.data, self.folder / name, cache=self.cache, **more)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("experiments")
    threads = torch.get_num_threads()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(shards, "ProcessPoolExecutor", InThisProcess)
        yield Place(write_corpus(folder / "data"), write_weights(folder / "cache"), folder)
    torch.set_num_threads(threads)
    torch.set_flush_denormal(False)


@pytest.fixture(scope="module")
def whole(place: Place) -> list[Any]:
    return list(place.run(TWO, "whole"))


def test_the_papers_table_has_twelve_rows_that_can_be_trained() -> None:
    rows = ablation(from_toml(Training, recipes() / "ablation.toml")).rows
    assert len({row.factors for row in rows}) == len({row.name for row in rows}) == 12
    for row in rows:
        check_training(row.options)
        assert (row.options.encoder.weights == "none") == (row.factors[0] == "from chance")
        assert (row.options.network.encoder_layers == 0) == (row.factors[1] == "no")
        assert row.options.captions.rlssr == row.factors[2].lower()


def test_the_papers_table_can_be_made_of_the_clotho_recipe() -> None:
    for row in ablation(from_toml(Training, recipes() / "clotho.toml")).rows:
        check_training(row.options)


def test_the_grid_of_rlssr_has_all_weights_and_places_beside_a_model_without() -> None:
    rows = rlssr_grid(BASE).rows
    assert rows[0].options.captions.rlssr == "none"
    found = {(row.options.captions.rlssr_place, row.options.captions.rlssr_weight) for row in rows[1:]}
    assert found == {(place, weight) for place in ("memory", "features") for weight in (0.01, 0.1, 1.0)}


def test_a_recipe_without_what_is_taken_away_is_refused() -> None:
    with pytest.raises(ConfigError, match="an ablation takes things away"):
        ablation(WHOLE)


def test_an_unknown_row_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match="pretrained: no row of this experiment; there are pretrained-transformer"):
        chosen(ablation(BASE), ["pretrained"])


def test_every_run_takes_the_steps_that_were_asked_for(place: Place) -> None:
    options = with_steps(BASE, place.data, 3)
    one = chosen(ablation(options), ["pretrained-cnn-alone-l1"])
    steps = [event for event in place.run(one, "steps") if isinstance(event, StepDone)]
    assert [(event.step, event.steps) for event in steps] == [(3, 3), (3, 3)]


def test_an_experiment_tells_its_runs_and_writes_a_report(whole: list[Any], place: Place) -> None:
    runs = [(event.row, event.seed, event.number, event.runs) for event in whole if isinstance(event, ExperimentRun)]
    assert runs == [(row.name, seed, 2 * seed - 2 + n, 4) for seed in (1, 2) for n, row in enumerate(TWO.rows, 1)]
    written = [event.path.name for event in whole if isinstance(event, ReportWritten)]
    assert written == ["report.md", "scores.csv", "comparisons.csv", "validation.svg"]
    assert all((place.folder / "whole" / name).stat().st_size for name in written)


def test_the_reports_figures_are_those_of_the_runs_captions(whole: list[Any], place: Place) -> None:
    folder = place.folder / "whole"
    with (place.data / "captions.csv").open(encoding="utf-8") as stream:
        written = {r["file_name"]: [r[f"caption_{n}"] for n in (1, 2, 3)] for r in csv.DictReader(stream)}
    with (place.data / "scenes.csv").open(encoding="utf-8") as stream:
        written |= {r["scene"]: [r["caption_1"], r["caption_2"]] for r in csv.DictReader(stream)}
    report = (folder / "report.md").read_text(encoding="utf-8")
    assert "trained for 6 steps with 2 seeds (1, 2)" in report
    with (folder / "scores.csv").open(encoding="utf-8") as stream:
        told = list(csv.DictReader(stream))
    for row in TWO.rows:
        scores = []
        for seed in (1, 2):
            kept = json.loads((folder / "runs" / f"{row.name}-seed-{seed}" / "scores-validation.json").read_text())
            assert set(kept["captions"]) == {name for name in written if name.split(".")[0].endswith("_3")}
            references = [written[name] for name in kept["captions"]]
            scores.append(score_corpus(list(kept["captions"].values()), references, QUICK).scores)
            (line,) = (one for one in told if (one["row"], one["seed"]) == (row.name, str(seed)))
            assert {name: float(line[name]) for name in scores[-1]} == pytest.approx(scores[-1])
        values = [found["bleu_1"] for found in scores]
        assert f"| pretrained | yes | {row.factors[2]} | {mean(values):.3f} ± {stdev(values):.3f} |" in report


def test_a_finished_experiment_started_again_trains_nothing(whole: list[Any], place: Place) -> None:
    before = (place.folder / "whole" / "report.md").read_bytes()
    again = list(place.run(TWO, "whole"))
    assert not any(isinstance(event, StepDone | RunEnded) for event in again)
    assert (place.folder / "whole" / "report.md").read_bytes() == before


@pytest.mark.slow
def test_an_interrupted_experiment_goes_on_and_ends_with_the_same_report(whole: list[Any], place: Place) -> None:
    events, began = place.run(TWO, "interrupted"), 0
    for event in events:
        began += isinstance(event, ExperimentRun)
        if began == 2 and isinstance(event, Working) and event.message.startswith("captions: step 3"):
            events.close()  # type: ignore[attr-defined]
            break
    rest = list(place.run(TWO, "interrupted"))
    assert sum(isinstance(event, RunEnded) for event in rest) == 3
    for name in ("report.md", "scores.csv", "comparisons.csv", "validation.svg"):
        assert (place.folder / "interrupted" / name).read_bytes() == (place.folder / "whole" / name).read_bytes()


def test_a_run_that_is_asked_to_stop_ends_the_experiment(place: Place) -> None:
    found = []
    for event in place.run(TWO, "asked"):
        found.append(event)
        if isinstance(event, Working) and event.message.startswith("captions: step 2"):
            next(e for e in found if isinstance(e, ExperimentRun)).folder.joinpath("stop").touch()
    assert found[-1] == RunEnded("stopped")
    assert not (place.folder / "asked" / "report.md").exists()


def test_a_folder_of_runs_with_other_settings_is_refused(whole: list[Any], place: Place) -> None:
    others = chosen(ablation(replace(BASE, network=replace(BASE.network, dropout=0.3))), [TWO.rows[0].name])
    with pytest.raises(ConfigError, match=r"seed-1: was trained with another network.dropout; choose another folder"):
        list(place.run(others, "whole"))


def test_the_split_for_the_end_is_only_captioned_when_that_is_asked_for(whole: list[Any], place: Place) -> None:
    folder = place.folder / "whole"
    assert not list(folder.glob("runs/*/scores-evaluation.json"))
    list(place.run(TWO, "whole", evaluation=("4",)))
    for row in TWO.rows:
        kept = json.loads((folder / "runs" / f"{row.name}-seed-2" / "scores-evaluation.json").read_text())
        assert all(name.split(".")[0].endswith("_4") for name in kept["captions"])
    assert "## Evaluation" in (folder / "report.md").read_text(encoding="utf-8")
    list(place.run(TWO, "whole"))


@pytest.mark.slow
def test_what_is_chosen_on_validation_alone_is_evaluated_beside_the_first_row(place: Place) -> None:
    grid = chosen(rlssr_grid(BASE), ["none", "memory-0.1", "features-1"])
    list(place.run(grid, "grid", evaluation=("4",)))
    evaluated = {path.parent.name for path in (place.folder / "grid").glob("runs/*/scores-evaluation.json")}
    winner = (place.folder / "grid" / "report.md").read_text(encoding="utf-8").split("**")[1]
    assert evaluated == {f"{name}-seed-{seed}" for name in {"none", winner} for seed in (1, 2)}


def made(row: str, factors: tuple[str, ...], seed: int, scores: list[float]) -> Result:
    return Result(row, factors, seed, "validation", {"cider_d": mean(scores)}, tuple(scores))


def test_rows_that_differ_in_one_thing_are_compared_and_only_real_differences_are_found(tmp_path: Path) -> None:
    scores = [0.1 * (clip % 7) for clip in range(100)]
    results = []
    for seed in (1, 2, 3):
        noisy = [value + 0.001 * ((clip * seed) % 5 - 2) for clip, value in enumerate(scores)]
        results += [
            made("a-none", ("a", "none"), seed, noisy),
            made("a-l2", ("a", "L2"), seed, noisy),
            made("b-none", ("b", "none"), seed, [value + 0.3 for value in noisy]),
            made("b-l2", ("b", "L2"), seed, noisy),
        ]
    found = {(one.first, one.second): one for one in compare(results)}
    assert set(found) == {("a-l2", "a-none"), ("b-none", "a-none"), ("b-l2", "a-l2"), ("b-l2", "b-none")}
    assert found["a-l2", "a-none"].corrected == 1.0
    assert found["b-none", "a-none"].corrected < 0.01
    assert found["b-l2", "b-none"].found.mean == pytest.approx(-0.3)
    assert best(results) == "b-none"
    write_report(tmp_path, "Made & up", ("which", "RLSSR"), results, [10], choose=True)
    assert "Chosen on the validation split: **b-none**." in (tmp_path / "report.md").read_text(encoding="utf-8")
    drawn = ElementTree.parse(tmp_path / "validation.svg").getroot()
    assert len(drawn.findall("{http://www.w3.org/2000/svg}circle")) == len(results)
    assert drawn.findtext("{http://www.w3.org/2000/svg}title") == "Made & up: validation, 100 sounds"


def test_the_command_lists_rows_runs_them_and_names_the_report(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(place.folder / "home"))
    monkeypatch.setenv("LOCALAPPDATA", str(place.folder / "home"))
    write_weights(place.folder / "home" / "auricle")
    recipe = place.folder / "base.toml"
    recipe.write_text(to_toml(BASE), encoding="utf-8")
    target = place.folder / "command"
    call = ["experiments", "ablation", "--recipe", str(recipe), "--data", str(place.data), "--to", str(target)]
    assert main([*call, "--list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 12
    more = ["--seeds", "1", "--steps", "2", "--rows", "scratch-cnn-alone-l1", "--evaluate", "4"]
    assert main([*call, *more]) == 0
    out = capsys.readouterr().out
    assert "run 1 of 1: scratch-cnn-alone-l1, seed 1" in out
    assert str(target / "report.md") in out
    assert (target / "evaluation.svg").is_file()
    assert main([*call, "--seeds", "0"]) == 2
    assert "--seeds 0: is to be 1 or more" in capsys.readouterr().err
