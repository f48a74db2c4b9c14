from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aaccore import library_queue
from aaccore.library import Library, this_process
from aaccore.library_queue import ATTEMPTS
from tests.aaccore.made_library import heard, put

REPOSITORY = Path(__file__).resolve().parents[2]

WORK = """
import sys
from pathlib import Path
from aaccore.events import ClipCaptioned, Segment
from aaccore.library import Library, this_process
with Library(Path(sys.argv[1])) as library:
    print("ready", flush=True)
    while sys.stdin.readline() and (row := library.claim(this_process())):
        print("took", row.id, flush=True)
        segment = Segment(0.0, 1.0, f"Caption {row.id}.")
        library.finish(row.id, ClipCaptioned(row.path, 1.0, (segment,)), "m")
        print("done", row.id, flush=True)
"""


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library.sqlite") as library:
        yield library


def start_work(library: Library) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", WORK, str(library.path)],
        cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def told(text: str, verb: str) -> list[int]:
    return [int(line.split()[1]) for line in text.splitlines() if line.startswith(verb)]


def files(folder: Path, count: int) -> list[Path]:
    return [folder / f"{number}.wav" for number in range(count)]


def test_rows_are_captioned_in_the_order_they_came_and_urgent_ones_first(library: Library, tmp_path: Path) -> None:
    a, b, c, d = library.add(files(tmp_path, 4))
    library.first([c, b])
    assert [library.claim("x").id for _ in range(4)] == [c, b, a, d]
    assert library.claim("x") is None


def test_what_waits_or_is_done_is_not_added_twice(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"1")
    ids = library.add([path, tmp_path / "b.wav", path])
    assert ids == [1, 2, 1]
    library.finish(1, heard(path, "A dog barks."), "m")
    library.unlist([1])
    assert library.add([path]) == [1]
    assert library.row(1).listed
    assert library.row(1).state == "done"


def test_a_done_file_that_has_changed_gets_a_row_of_its_own(library: Library, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"1")
    id = put(library, path, "A dog barks.")
    path.write_bytes(b"22")
    (new,) = library.add([path])
    assert new != id
    assert library.row(id).caption == "A dog barks."
    assert library.add([path]) == [new]


def test_failed_and_cancelled_files_wait_again_when_they_are_added_again(library: Library, tmp_path: Path) -> None:
    paths = files(tmp_path, 3)
    ids = library.add(paths)
    library.fail(ids[0], "damaged")
    library.cancel([ids[1]])
    assert library.add(paths[:2]) == ids[:2]
    assert [library.claim("x").id for _ in range(3)] == [ids[2], ids[0], ids[1]]
    assert library.row(ids[0]).reason == ""


def test_a_cancelled_row_keeps_nothing_that_comes_late(library: Library, tmp_path: Path) -> None:
    (id,) = library.add([tmp_path / "a.wav"])
    library.claim("x")
    library.cancel([id])
    assert not library.finish(id, heard(tmp_path / "a.wav", "A dog barks."), "m")
    library.fail(id, "late")
    assert (library.row(id).state, library.row(id).reason) == ("cancelled", "")
    library.retry([id])
    assert library.claim("x").id == id


def test_a_cancelled_second_captioning_leaves_the_first(library: Library, tmp_path: Path) -> None:
    id = put(library, tmp_path / "a.wav", "A dog barks.")
    library.retry([id])
    library.cancel([id])
    assert (library.row(id).state, library.row(id).caption) == ("done", "A dog barks.")


def test_rows_off_the_list_and_deleted_ones_are_not_captioned(library: Library, tmp_path: Path) -> None:
    a, b = library.add(files(tmp_path, 2))
    library.unlist([a])
    library.delete([b])
    assert library.claim("x") is None
    library.restore([b])
    assert library.claim("x").id == b


def test_releasing_gives_back_only_what_the_owner_has(library: Library, tmp_path: Path) -> None:
    a, b = library.add(files(tmp_path, 2))
    library.claim("one")
    library.claim("two")
    library.release("one")
    assert [library.row(id).state for id in (a, b)] == ["waiting", "captioning"]


def test_rows_of_living_owners_stay_theirs(library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (id,) = library.add([tmp_path / "a.wav"])
    library.claim(this_process())
    assert library.release_dead() == []
    now = time.time()
    monkeypatch.setattr(library_queue.time, "time", lambda: now + library_queue.UNHEARD_S - 1)
    library.renew(this_process())
    monkeypatch.setattr(library_queue.time, "time", lambda: now + library_queue.UNHEARD_S + 1)
    assert library.release_dead() == []
    monkeypatch.setattr(library_queue.time, "time", lambda: now + 2 * library_queue.UNHEARD_S)
    assert library.release_dead() == [id]
    assert library.row(id).state == "waiting"


def test_an_owner_on_another_computer_is_given_time(library: Library, tmp_path: Path) -> None:
    library.add([tmp_path / "a.wav"])
    library.claim("elsewhere:1:token")
    assert library.release_dead() == []


def test_an_earlier_process_of_the_same_number_is_dead(library: Library, tmp_path: Path) -> None:
    (id,) = library.add([tmp_path / "a.wav"])
    library.claim(this_process() + "0")
    assert library.release_dead() == [id]


def test_a_file_that_no_process_survives_is_given_up(library: Library, tmp_path: Path) -> None:
    (id,) = library.add([tmp_path / "a.wav"])
    for _ in range(ATTEMPTS):
        assert library.claim(this_process() + "0").id == id
        assert library.release_dead() == [id]
    assert library.row(id).state == "failed"
    assert "ended 3 times" in library.row(id).reason
    library.retry([id])
    assert library.claim("x").id == id


def test_a_process_killed_in_mid_queue_loses_nothing_and_nothing_is_done_again(
    library: Library, tmp_path: Path
) -> None:
    ids = library.add(files(tmp_path, 200))
    worker = start_work(library)
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdin.write("next\n" * len(ids))
    worker.stdin.flush()
    first = "".join(worker.stdout.readline() for _ in range(61))
    worker.kill()
    first += worker.communicate()[0]
    reported = told(first, "done")
    assert 30 <= len(reported) < len(ids)

    kept = {row.id for row in library.rows(states=("done",))}
    assert set(reported) <= kept
    assert all(library.clip(id).caption == f"Caption {id}." for id in kept)
    assert len(library.release_dead()) <= 1

    second = start_work(library).communicate("next\n" * len(ids), timeout=60)[0]
    assert set(told(second, "took")).isdisjoint(kept)
    assert library.counts()["done"] == len(ids)


def test_two_processes_never_take_the_same_row(library: Library, tmp_path: Path) -> None:
    ids = library.add(files(tmp_path, 60))
    workers = [start_work(library) for _ in range(2)]
    taken: list[int] = []
    for _ in range(len(ids) // 2):
        for worker in workers:  # both go at once
            worker.stdin.write("next\n")
            worker.stdin.flush()
        for worker in workers:
            taken += told(worker.stdout.readline(), "took")
            worker.stdout.readline()
    assert sorted(taken) == ids
    for worker in workers:
        worker.communicate(timeout=60)
