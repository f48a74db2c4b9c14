from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from aaccore import library_likeness
from aaccore.errors import LibraryError
from aaccore.events import ClipCaptioned, Segment
from aaccore.library import Library
from aaccore.library_likeness import Embeddings, like, sound_of
from aaccore.records import Filters
from tests.aaccore.made_library import put


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library.sqlite") as library:
        yield library


def vector(*numbers: float) -> bytes:
    return np.array(numbers, "<f2").tobytes()


def test_recordings_come_in_the_order_of_likeness_at_the_segment_most_alike(library: Library) -> None:
    bark = put(library, Path("/bark.wav"), "A dog barks.", vectors=([1, 0, 0],))
    rain = put(library, Path("/rain.wav"), "Rain falls.", vectors=([0, 1, 0],))
    walk = put(library, Path("/walk.wav"), "Rain falls.", "Dogs bark.", vectors=([0, 1, 0], [0.8, 0, 0.6]))
    hits = like(library, bark)
    assert [(hit.clip.id, hit.start_s, hit.text) for hit in hits] == [
        (walk, 10.0, "Dogs bark."),
        (rain, 0.0, "Rain falls."),
    ]
    assert [hit.score for hit in hits] == pytest.approx([0.8, 0.0], abs=1e-3)
    assert [hit.clip.id for hit in like(library, vector(0, 1, 0), "m", limit=2)] == [rain, walk]
    assert [hit.clip.id for hit in like(library, vector(1, 0, 0), "m", Filters(shortest_s=15))] == [walk]


def test_the_order_is_exact_among_many(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library_likeness, "BLOCK", 16)
    monkeypatch.setattr(library_likeness, "READ_AT_ONCE", 10)
    random = np.random.default_rng(4)
    vectors = random.normal(size=(60, 24))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    embeddings = Embeddings()
    like(library, vector(*vectors[0]), "m", embeddings=embeddings)
    ids = [put(library, Path(f"/{n}.wav"), "A hum.", vectors=(row.tolist(),)) for n, row in enumerate(vectors[:35])]
    like(library, vector(*vectors[0]), "m", embeddings=embeddings)
    ids += [put(library, Path(f"/x{n}.wav"), "A hum.", vectors=(row.tolist(),)) for n, row in enumerate(vectors[35:])]
    stored = vectors.astype("<f2").astype(np.float32)
    order = np.argsort(-(stored @ stored[7]))
    hits = like(library, vector(*vectors[7]), "m", limit=10, embeddings=embeddings)
    assert [hit.clip.id for hit in hits] == [ids[place] for place in order[:10]]
    assert [hit.clip.id for hit in like(library, ids[7], limit=9)] == [ids[place] for place in order[1:10]]


def test_what_was_deleted_or_captioned_again_is_not_found_in_its_old_place(library: Library) -> None:
    embeddings = Embeddings()
    a, b, c = (put(library, Path(f"/{name}.wav"), "A hum.", vectors=([1, 0],)) for name in "abc")
    assert len(like(library, a, embeddings=embeddings)) == 2
    library.delete([b])
    (clip,) = [library.clip(c)]
    library.finish(c, ClipCaptioned(clip.path, 5.0, (Segment(0, 5.0, "Wind.", embedding=vector(0, 1)),)), "m")
    ((hit, score),) = [(hit.clip.id, hit.score) for hit in like(library, a, embeddings=embeddings)]
    assert (hit, score) == (c, 0.0)
    library.restore([b])
    assert [hit.clip.id for hit in like(library, a, embeddings=embeddings)] == [b, c]


def test_embeddings_of_different_models_are_not_compared(library: Library) -> None:
    a = put(library, Path("/a.wav"), "A hum.", vectors=([1, 0],), model="one")
    put(library, Path("/b.wav"), "A hum.", vectors=([1, 0],), model="two")
    put(library, Path("/c.wav"), "A hum.", vectors=([1, 0, 0],), model="one")
    assert like(library, a) == []
    assert like(library, vector(1, 0), "three") == []


def test_a_recording_without_sound_cannot_be_compared(library: Library) -> None:
    (id,) = library.add([Path("/silence.wav")])
    library.finish(id, ClipCaptioned(Path("/silence.wav"), 2.0, (Segment(0.0, 2.0, "Silence."),)), "m")
    with pytest.raises(LibraryError, match=r"silence\.wav: nothing in it can be compared"):
        like(library, id)


def test_a_whole_recording_sounds_like_the_mean_of_its_segments() -> None:
    segments = (
        Segment(0, 1, "a", embedding=vector(1, 0)),
        Segment(1, 2, "b", embedding=vector(0, 1)),
        Segment(2, 3, ""),
    )
    mean = np.frombuffer(sound_of(ClipCaptioned(Path("a"), 3.0, segments)), "<f2")
    np.testing.assert_allclose(mean, [0.7071, 0.7071], atol=1e-3)


def test_what_filters_let_through_is_found_however_little_alike_it_is(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library_likeness, "SOON", 1)
    wanted, *near = (put(library, Path(f"/near/{number}.wav"), "Rain.", vectors=([1.0, 0.0],)) for number in range(9))
    far = [put(library, Path(f"/far/{number}.wav"), "A dog.", vectors=([number / 9, 1.0],)) for number in range(3)]
    assert {hit.clip.id for hit in like(library, wanted, limit=4)} <= set(near)
    filtered = like(library, wanted, filters=Filters(folder=Path("/far")), limit=4)
    assert [hit.clip.id for hit in filtered] == far[::-1]
    assert like(library, wanted, filters=Filters(model="another"), limit=4) == []


def test_reading_the_vectors_can_be_left_half_way_and_goes_on_later(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library_likeness, "READ_AT_ONCE", 2)
    wanted, *others = (put(library, Path(f"/{number}.wav"), "Rain.", vectors=([1.0, 0.0],)) for number in range(5))
    embeddings = Embeddings()
    assert next(embeddings.read(library)) == 2
    assert list(embeddings.read(library)) == [2, 1]
    assert {hit.clip.id for hit in like(library, wanted, embeddings=embeddings)} == set(others)
