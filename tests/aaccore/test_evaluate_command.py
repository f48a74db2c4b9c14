from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from aaccore.__main__ import main
from aaccore.data.folder import Clip
from aaccore.errors import DatasetError
from aaccore.evaluation import SplitScored, evaluate
from aaccore.events import ClipCaptioned, ClipFailed, Segment, Working

WRITTEN = {
    "tone.wav": ("A tone sounds.", "A steady tone goes on."),
    "noise.flac": ("Noise hisses.", "A hiss without a break."),
    "inner/click.wav": ("Something clicks.", "A single click."),
}
CALL = ("evaluate", "--quick", "--beams", "1", "--device", "cpu")


def clip(name: str) -> Clip:
    return Clip(name, Path(name), WRITTEN[name])


def said(name: str, caption: str) -> ClipCaptioned:
    return ClipCaptioned(Path(name), 2.0, (Segment(0.0, 2.0, caption),))


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A data set's CSV over the folder of `sounds`; the click is in fold 2."""
    path = tmp_path / "captions.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["file_name", "caption_1", "caption_2", "fold"])
        rows.writerows([name, *captions, 1 + (name == "inner/click.wav")] for name, captions in WRITTEN.items())
    return path


def test_what_is_said_as_it_was_written_scores_best() -> None:
    clips = [clip(name) for name in WRITTEN]
    exact = list(evaluate(clips, [said(name, WRITTEN[name][0]) for name in WRITTEN], ["bleu", "cider_d"]))[-1]
    wrong = list(evaluate(clips, [said(name, "A dog barks.") for name in WRITTEN], ["bleu", "cider_d"]))[-1]
    assert isinstance(exact, SplitScored)
    assert isinstance(wrong, SplitScored)
    assert exact.scores["bleu_1"] == pytest.approx(1.0)
    assert exact.scores["cider_d"] > 10 * wrong.scores["cider_d"]
    assert len(exact.per_clip["cider_d"]) == 3


def test_clips_that_fail_are_passed_on_and_left_out() -> None:
    heard = [said("noise.flac", "Noise hisses."), ClipFailed(Path("tone.wav"), "the file is empty")]
    *before, scored = evaluate([clip("tone.wav"), clip("noise.flac")], heard, ["bleu"])
    assert [event for event in before if not isinstance(event, Working)] == heard
    assert isinstance(scored, SplitScored)
    assert [one.file_name for one in scored.clips] == ["noise.flac"]
    assert scored.captions == ("Noise hisses.",)


def test_captions_keep_the_order_of_the_data_set() -> None:
    heard = [said("noise.flac", "Noise hisses."), said("tone.wav", "A tone sounds.")]
    scored = list(evaluate([clip("tone.wav"), clip("noise.flac")], heard, ["bleu"]))[-1]
    assert isinstance(scored, SplitScored)
    assert scored.captions == ("A tone sounds.", "Noise hisses.")


def test_a_metric_that_cannot_be_had_says_why() -> None:
    scored = list(evaluate([clip("tone.wav")], [said("tone.wav", "A tone.")], ["rouge_l", "spice"]))[-1]
    assert isinstance(scored, SplitScored)
    assert set(scored.scores) == {"rouge_l"}
    assert "CoreNLP" in scored.unavailable["spice"]


def test_no_caption_at_all_is_an_error_with_a_reason() -> None:
    with pytest.raises(DatasetError, match=r"none of 1 clips .* empty"):
        list(evaluate([clip("tone.wav")], [ClipFailed(Path("tone.wav"), "the file is empty")]))


def test_the_command_prints_a_table_and_writes_each_clip(
    tiny_model: Path, table: Path, sounds: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "scores.json"
    call = [
        "evaluate",
        table,
        sounds,
        "--quick",
        "--beams",
        "1",
        "--model",
        tiny_model,
        "--device",
        "cpu",
        "--out",
        out,
    ]
    assert main([*map(str, call)]) == 0
    found = json.loads(out.read_text(encoding="utf-8"))
    assert [row["path"] for row in found["clips"]] == list(WRITTEN)
    assert found["clips"][0]["written"] == list(WRITTEN["tone.wav"])
    assert set(found["clips"][0]) > {"caption", "bleu_4", "rouge_l", "cider_d"}
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].split() == ["clips", "3"]
    assert any(line.split() == ["CIDEr-D", f"{found['scores']['cider_d']:.4f}"] for line in printed)


def test_the_command_takes_only_the_fold_it_is_told(
    tiny_model: Path, table: Path, sounds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = [
        "evaluate",
        table,
        sounds,
        "--quick",
        "--fold",
        "2",
        "--beams",
        "1",
        "--model",
        tiny_model,
        "--device",
        "cpu",
    ]
    assert main([*map(str, call)]) == 0
    assert capsys.readouterr().out.split()[:2] == ["clips", "1"]


def test_a_clip_that_cannot_be_read_ends_the_command_with_1(
    tiny_model: Path, tmp_path: Path, sounds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tone.wav").write_bytes((sounds / "tone.wav").read_bytes())
    (tmp_path / "empty.wav").touch()
    table = tmp_path / "captions.csv"
    table.write_text("file_name,caption_1\ntone.wav,A tone.\nempty.wav,Nothing.\n", encoding="utf-8")
    call = [*CALL, table, tmp_path, "--model", tiny_model]
    assert main([*map(str, call)]) == 1
    captured = capsys.readouterr()
    assert "empty.wav" in captured.err
    assert captured.out.split()[:2] == ["clips", "1"]


def test_a_width_of_search_that_cannot_be_ends_the_command_with_2(
    table: Path, sounds: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(table), str(sounds), "--beams", "0"]) == 2
    assert "beam_size = 0" in capsys.readouterr().err


@pytest.fixture
def clotho(tmp_path: Path, sounds: Path) -> Path:
    """A data set in Clotho's form: a noise for development, a tone for evaluation."""
    for split, name in (("development", "noise.flac"), ("evaluation", "tone.wav")):
        (tmp_path / split).mkdir()
        (tmp_path / split / name).write_bytes((sounds / name).read_bytes())
        written = ",".join(WRITTEN[name])
        text = f"file_name,caption_1,caption_2\r\n{name},{written}\r\n"
        (tmp_path / f"clotho_captions_{split}.csv").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("more", "name"), [([], "tone.wav"), (["--split", "development"], "noise.flac")], ids=["evaluation", "development"]
)
def test_the_command_evaluates_on_a_split_of_clotho(more: list[str], name: str, clotho: Path, tiny_model: Path) -> None:
    out = clotho / "scores.json"
    assert main([*CALL, str(clotho), "--model", str(tiny_model), "--out", str(out), *more]) == 0
    assert [clip["path"] for clip in json.loads(out.read_text(encoding="utf-8"))["clips"]] == [name]


def test_a_split_that_is_not_there_is_told_with_those_that_are(
    clotho: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*CALL, str(clotho), "--split", "validation"]) == 2
    assert "has no split validation; there are development, evaluation" in capsys.readouterr().err
