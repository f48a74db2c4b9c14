from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aaccore.library import Library
from aaccore.library_search import MOMENTS, days, folders, heard_most, models, search
from aaccore.records import Filters, Hit
from tests.aaccore.made_library import put

TODAY = date.today()


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("library")
    with Library(folder / "library.sqlite") as library:
        put(library, Path("/sounds/yard/a.wav"), "A dog barks twice.")
        put(library, Path("/sounds/yard/dog_park-01.wav"), "Wind blows.")
        put(library, Path("/sounds/storm.wav"), "Rain falls on a roof.", "Silence.", "Thunder rolls far away.")
        put(library, Path("/sounds/wet.wav"), "Dogs are barking while rain falls.", model="other")
        put(library, Path("/other/e.wav"), "A man carries a cart.")
        put(library, Path("/other/f.wav"), "A car passes.")
        gone = put(library, Path("/other/g.wav"), "A dog howls.")
        library.delete([gone])
        library.add([Path("/other/dog waits.wav")])
        yield library


def found(library: Library, text: str, **filters: object) -> list[tuple[str, float]]:
    return [(hit.clip.path.name, hit.start_s) for hit in search(library, text, Filters(**filters))]


def marked(hit: Hit) -> list[str]:
    return [hit.text[begin:end] for begin, end in hit.marks]


def test_a_word_is_found_in_all_its_forms_the_newest_first_and_in_file_names(library: Library) -> None:
    assert found(library, "dog") == found(library, "DOGS") == [("wet.wav", 0), ("dog_park-01.wav", 0), ("a.wav", 0)]
    assert found(library, "barking") == [("wet.wav", 0), ("a.wav", 0)]


def test_each_typed_letter_finds_what_begins_so(library: Library) -> None:
    for beginning in ("t", "th", "thu", "thunde"):
        assert ("storm.wav", 20.0) in found(library, beginning), beginning
    assert found(library, "dog barki") == [("wet.wav", 0)]


def test_whole_words_come_before_longer_ones(library: Library) -> None:
    hits = search(library, "car")
    assert [hit.clip.path.name for hit in hits] == ["f.wav", "e.wav"]
    assert hits[0].score > hits[1].score
    assert [marked(hit) for hit in hits] == [["car"], ["carries", "cart"]]


def test_words_of_one_recording_are_found_across_its_segments(library: Library) -> None:
    hits = search(library, "rain then thunder")
    assert [(hit.clip.path.name, hit.start_s, marked(hit)) for hit in hits] == [
        ("storm.wav", 0.0, ["Rain"]),
        ("storm.wav", 20.0, ["Thunder"]),
    ]
    assert found(library, "thunder and the rain") == found(library, "rain then thunder")


def test_where_a_segment_has_all_words_only_such_are_hits(library: Library) -> None:
    (hit,) = search(library, "rain dog")
    assert (hit.text, marked(hit)) == ("Dogs are barking while rain falls.", ["Dogs", "rain"])


def test_a_hit_in_the_name_shows_the_recordings_beginning(library: Library) -> None:
    (hit,) = search(library, "park")
    assert (hit.text, hit.marks, hit.start_s) == ("Wind blows.", (), 0.0)


def test_little_words_alone_are_looked_for(library: Library) -> None:
    assert found(library, "while") == [("wet.wav", 0)]


def test_no_words_find_all_and_filters_narrow_it(library: Library) -> None:
    everything = [name for name, _ in found(library, "")]
    assert everything == ["f.wav", "e.wav", "wet.wav", "storm.wav", "dog_park-01.wav", "a.wav"]
    assert [name for name, _ in found(library, " ... ", folder=Path("/sounds"))] == everything[2:]
    assert found(library, "", folder=Path("/sounds/yar")) == []
    assert found(library, "dog", folder=Path("/sounds/yard")) == [("dog_park-01.wav", 0), ("a.wav", 0)]
    assert found(library, "", shortest_s=20.0) == [("storm.wav", 0)]
    assert ("storm.wav", 0) not in found(library, "", longest_s=20.0)
    assert found(library, "rain", model="other") == [("wet.wav", 0)]
    assert len(found(library, "", first_day=TODAY - timedelta(1), last_day=TODAY + timedelta(1))) == 6
    assert found(library, "", first_day=TODAY + timedelta(2)) == []
    assert found(library, "", last_day=TODAY - timedelta(2)) == []
    assert found(library, "", missing=True) == []
    assert len(found(library, "", missing=False, corrected=False)) == 6


def test_the_limit_holds(library: Library) -> None:
    assert [hit.clip.path.name for hit in search(library, "dog", limit=2)] == ["wet.wav", "dog_park-01.wav"]
    assert len(search(library, "rain thunder", limit=1)) == 1


def test_a_correction_is_found_at_once_and_the_machines_words_no_more(tmp_path: Path) -> None:
    with Library(tmp_path / "library.sqlite") as library:
        id = put(library, tmp_path / "a.wav", "A dog barks.")
        library.correct(library.segments(id)[0].id, "A fox yelps.")
        assert found(library, "dog") == []
        assert found(library, "fox") == found(library, "", corrected=True) == [("a.wav", 0)]
        library.delete([id])
        assert found(library, "fox") == heard_most(library) == []
        library.restore([id])
        assert found(library, "fox") == [("a.wav", 0)]


def test_one_long_recording_does_not_hide_all_others(tmp_path: Path) -> None:
    with Library(tmp_path / "library.sqlite") as library:
        put(library, tmp_path / "a.wav", "A dog barks.")
        put(library, tmp_path / "day.wav", *["A dog barks."] * (MOMENTS + 5))
        hits = found(library, "dog")
        assert len(hits) == MOMENTS + 1
        assert hits[-1] == ("a.wav", 0)


@pytest.mark.parametrize(
    "text",
    ['"', "'", '"dog', "dog*", "dog OR", "AND", "NOT dog", "NEAR(dog rain)", "words: dog", "-dog", "(dog", "dog)",
     "^dog", "dog; DROP TABLE clip", "{stems}", "\0", "\ud800", "½ ⒈ ﷺ ℀", "％", "🐕 dog", "а дождь", "+", "\\", "%",
     "_", "a" * 5000, "dog " * 500],
)  # fmt: skip
def test_whatever_is_typed_is_only_searched(library: Library, text: str) -> None:
    search(library, text)
    assert len(found(library, "")) == 6


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=40))
def test_any_text_can_be_typed_and_marks_lie_within_the_caption(library: Library, text: str) -> None:
    for hit in search(library, text):
        assert all(0 <= begin < end <= len(hit.text) for begin, end in hit.marks)


def test_the_library_is_browsed_by_day_folder_model_and_what_is_heard(library: Library) -> None:
    assert days(library) == [(TODAY, 6)]
    assert folders(library) == [(Path("/other"), 2), (Path("/sounds"), 2), (Path("/sounds/yard"), 2)]
    assert models(library) == [("m", 5), ("other", 1)]
    most = dict(heard_most(library))
    assert (most["rain"], most["dog"], most["barks"]) == (2, 2, 2)
    assert not {"a", "while", "silence", "falls", "dogs", "park"} & set(most)
    assert heard_most(library, 1)[0][1] == 2
