from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from aaccore import runs
from aaccore.__main__ import main
from aaccore.data import shards
from aaccore.errors import DatasetError, LibraryError
from aaccore.events import ClipCaptioned, ClipFailed, RunEnded, Segment, Taught
from aaccore.library import Library
from aaccore.model_folder import save_model
from aaccore.recipe import FineTuning, Teaching, to_toml
from aaccore.run_view import RunReader
from aaccore.teaching import teach
from tests.aaccore.made_corpus import RATE, WRITTEN, InThisProcess, made_model, sound_of

QUICK = FineTuning(epochs=2.0, fewest_steps=1, threads=1)


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "ProcessPoolExecutor", InThisProcess)


@pytest.fixture(scope="module")
def former(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("former") / "model"
    save_model(folder, *made_model(), "# Former\n\nKnows little.\n")
    return folder


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Six recordings of which each is corrected, and three that are not."""
    path = tmp_path / "library.sqlite"
    with Library(path) as library:
        for number in range(9):
            file = tmp_path / f"{number}.wav"
            soundfile.write(file, sound_of("door", number), RATE)
            (id,) = library.add([file])
            library.finish(id, ClipCaptioned(file, 1.0, (Segment(0.0, 1.0, "A dog barks."),)), "former")
            if number < 6:
                library.correct(library.segments(id)[0].id, WRITTEN["door"][0])
    return path


def test_a_librarys_corrections_are_learnt_and_no_sound_stays_behind(
    former: Path, library: Path, tmp_path: Path
) -> None:
    *_, taught, ended = teach(tmp_path / "run", Teaching(str(former), str(library), QUICK))
    assert isinstance(taught, Taught)
    assert (taught.learnt, len(taught.held_back), len(taught.others)) == (5, 1, 3)
    assert taught.held_back[0].written == WRITTEN["door"][0]
    assert ended == RunEnded("finished")
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == ["model"]


def test_a_recording_that_is_gone_is_left_out_and_told(former: Path, library: Path, tmp_path: Path) -> None:
    (tmp_path / "0.wav").unlink()
    events = list(teach(tmp_path / "run", Teaching(str(former), str(library), QUICK)))
    assert [event.path.name for event in events if isinstance(event, ClipFailed)] == ["0.wav"]
    (tmp_path / "1.wav").unlink()
    with pytest.raises(DatasetError, match=r"4 recordings are too few"):
        list(teach(tmp_path / "run", Teaching(str(former), str(library), QUICK)))
    assert not (tmp_path / "run" / "sounds").exists()


def test_without_a_library_it_is_said_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="there is no library yet"):
        list(teach(tmp_path / "run", Teaching("", str(tmp_path / "none.sqlite"))))


def test_the_command_teaches_the_librarys_corrections(
    former: Path, library: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "taught"
    call = ["teach", "--library", str(library), "--model", str(former), "--epochs", "2", "--to", str(target)]
    assert main(call) == 0
    out = capsys.readouterr().out
    assert out.startswith("learnt 5 captions, 0 new words; held back 1")
    assert f"written: {WRITTEN['door'][0]}" in out
    assert "of 3 sounds that nobody corrected" in out
    assert (target / "config.json").is_file()
    assert main([*call[:-1], str(former)]) == 2
    assert "is the model that is taught; name another folder" in capsys.readouterr().err


def test_a_runs_folder_tells_how_it_got_on(former: Path, library: Path, tmp_path: Path) -> None:
    run, teaching = tmp_path / "run", Teaching(str(former), str(library), QUICK)
    run.mkdir()
    (run / runs.TEACH).write_text(to_toml(teaching), encoding="utf-8")
    assert main(["teach", "--run", str(run)]) == 0
    view = RunReader(run).read()
    assert (view.state, view.teaching, view.options) == ("finished", teaching, None)
    assert view.taught is not None
    assert view.model == view.taught.folder == run / "model"
    assert view.taught.held_back[0].written == WRITTEN["door"][0]
    assert runs.is_run(run)


def test_a_teaching_is_stopped_by_a_file_and_begins_anew(
    former: Path, library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    call = ["teach", "--run", str(run), "--library", str(library), "--model", str(former), "--epochs", "2"]
    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", lambda *_, **__: None)  # it is there from the beginning
        run.mkdir()
        (run / runs.STOP).touch()
        assert main(call) == 130
    assert RunReader(run).read().state == "stopped"
    assert main(call) == 0
    assert RunReader(run).read().state == "finished"
