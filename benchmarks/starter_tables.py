"""The figures of one or several models as Markdown tables, each beside its goal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from statistics import mean, stdev
from typing import Any

from nothing_heard import ALARMS, GROUPS

from aaccore.metrics.corpus import TITLES

Found = dict[str, Any]

GOALS: dict[tuple[str, str], tuple[str, Callable[[float], bool]]] = {
    ("clips", "named"): ("at least .82", lambda x: x >= 0.82),
    ("clips", "balanced"): ("at least .86", lambda x: x >= 0.86),
    ("clips", "others over written"): ("at most 1.15", lambda x: x <= 1.15),
    ("clips", "repeated"): ("0", lambda x: x == 0),
    ("scenes", "both"): ("at least .40", lambda x: x >= 0.40),
    ("scenes", "at least one"): ("at least .92", lambda x: x >= 0.92),
    ("scenes", "repeated"): ("0", lambda x: x == 0),
}
KEPT = {"quiet": 0.95, "mp3": 0.95, "16k": 0.95, "noise": 0.88, "room": 0.88}
"""The share of the clean score that shall be left."""
ALTERED = {"clips": ("named", "balanced", "others"), "scenes": ("both", "at least one", "others")}
"""The figures that are shown of altered sound."""
MOST_ALARMS = 0.05
LEAST_SPEED = 20.0
DIGITS = {"others": 2, "others, written": 2, "others over written": 2, "mean words": 1, "distinct": 0, "repeated": 0}


def report(models: Sequence[Found]) -> str:
    """All tables for which there are figures."""
    parts: list[str] = []
    if "clips" in models[0]:
        parts.append(_clean(models))
        parts += [_altered_clips(models)] if len(models[0]["clips"]) > 1 else []
        parts += [_altered_scenes(models)] if len(models[0]["scenes"]) > 1 else []
    if "alarms" in models[0]:
        parts += _alarms(models)
    if "metrics" in models[0]:
        parts.append(_metrics(models))
    if "speed" in models[0]:
        parts.append(_speed(models))
    if "clips" in models[0]:
        parts.append(_labels(models))
    return "\n".join(parts)


def spread(values: Sequence[float], digits: int = 3) -> str:
    """One value; of several the mean, the standard deviation and the extremes."""
    if len(values) == 1:
        return f"{values[0]:.{digits}f}"
    low, high = min(values), max(values)
    digits = max(1, digits)
    return f"{mean(values):.{digits}f} ± {stdev(values):.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    return "\n".join("| " + " | ".join(row) + " |" for row in [columns, ["---"] * len(columns), *rows]) + "\n"


def _yes(reached: bool) -> str:
    return "yes" if reached else "no"


def _each(models: Sequence[Found], *path: str) -> list[float]:
    """One figure of every model."""
    values = []
    for model in models:
        value: Any = model
        for name in path:
            value = value[name]
        values.append(float(value))
    return values


def _clean(models: Sequence[Found]) -> str:
    rows = []
    for which in ("clips", "scenes"):
        for name in models[0][which]["clean"]["figures"]:
            values = _each(models, which, "clean", "figures", name)
            if name == "captions":
                rows.append([which, "captions", f"{values[0]:.0f}", "", ""])
                continue
            goal, reached = GOALS.get((which, name), ("", None))
            said = "" if reached is None else _yes(reached(mean(values)))
            rows.append([which, name, spread(values, DIGITS.get(name, 3)), goal, said])
    return "## Clean sound\n\n" + table(["set", "figure", "result", "goal", "reached"], rows)


def _altered_clips(models: Sequence[Found]) -> str:
    rows = []
    whole = _each(models, "clips", "clean", "figures", "named")
    for kind in models[0]["clips"]:
        left = _each(models, "clips", kind, "figures", "named")
        kept = [part / all_ if all_ else 0.0 for part, all_ in zip(left, whole, strict=True)]
        goal = ["", ""] if kind not in KEPT else [f"at least {KEPT[kind]:.0%}", _yes(mean(kept) >= KEPT[kind])]
        each = {name: _each(models, "clips", kind, "figures", name) for name in ALTERED["clips"]}
        cells = [spread(values, DIGITS.get(name, 3)) for name, values in each.items()]
        rows.append([kind, *cells, spread([100 * share for share in kept], 1) + " %", *goal])
    columns = ["sound", *ALTERED["clips"], "named, of clean", "goal", "reached"]
    return "## Altered clips\n\n" + table(columns, rows)


def _altered_scenes(models: Sequence[Found]) -> str:
    rows = []
    for kind in models[0]["scenes"]:
        each = {name: _each(models, "scenes", kind, "figures", name) for name in ALTERED["scenes"]}
        rows.append([kind, *(spread(values, DIGITS.get(name, 3)) for name, values in each.items())])
    return "## Altered scenes\n\n" + table(["sound", *ALTERED["scenes"]], rows)


def _alarms(models: Sequence[Found]) -> Iterator[str]:
    share = _each(models, "alarms", "share")
    count = len(models[0]["alarms"]["captions"])
    alarmed = f"{spread([100 * value for value in share], 1)} % of {count} sounds"
    yield f"## False alarms\n\n{alarmed} (goal: at most {MOST_ALARMS:.0%}, {_yes(mean(share) <= MOST_ALARMS)})\n"
    rows = [row for model in models for row in model["alarms"]["captions"]]
    kinds = Counter(row["kind"] for row in rows)
    cells = [
        [kind, str(all_), *(str(sum(group in row["names"] for row in rows if row["kind"] == kind)) for group in GROUPS)]
        for kind, all_ in kinds.items()
    ]
    total = ["all", str(len(rows)), *(str(sum(group in row["names"] for row in rows)) for group in GROUPS)]
    yield table(["sounds", "captions", *GROUPS], [*cells, total])
    told = Counter((row["kind"], row["caption"]) for row in rows if set(row["names"]) & set(ALARMS))
    if told:
        yield table(["false alarm", "on", "times"], [[said, kind, str(n)] for (kind, said), n in told.most_common()])
    rest = Counter(row["caption"] for row in rows if not set(row["names"]) & set(ALARMS))
    yield table(["said otherwise, most often", "times"], [[said, str(n)] for said, n in rest.most_common(15)])


def _metrics(models: Sequence[Found]) -> str:
    sets = models[0]["metrics"]
    names = [name for name in TITLES if any(name in found["scores"] for found in sets.values())]
    rows = []
    for name in names:
        cells = [_each(models, "metrics", which, "scores", name) for which in sets]
        rows.append([TITLES[name], *(spread(values, 0 if name == "vocabulary" else 3) for values in cells)])
    missing = {**sets["clips"]["unavailable"], **sets["scenes"]["unavailable"]}
    notes = "".join(f"\n{TITLES.get(name, name)}: {reason}\n" for name, reason in missing.items())
    return "## Against the written captions\n\n" + table(["score", *sets], rows) + notes


def _speed(models: Sequence[Found]) -> str:
    speed, first = _each(models, "speed", "times"), models[0]["speed"]
    said = f"first {first['clips']} clips, {first['sound_s']:.0f} s of sound, start and loading included"
    rows = [[said, spread(speed, 1), f"at least {LEAST_SPEED:.0f}", _yes(mean(speed) >= LEAST_SPEED)]]
    return "## Speed\n\n" + table(["what", "times real time", "goal", "reached"], rows)


def _labels(models: Sequence[Found]) -> str:
    """Named clips of each label, all models together."""
    sums: dict[str, list[int]] = {}
    for model in models:
        for label, (hits, all_) in model["clips"]["clean"]["by label"].items():
            counts = sums.setdefault(label, [0, 0])
            counts[0], counts[1] = counts[0] + hits, counts[1] + all_
    order = sorted(sums.items(), key=lambda item: (item[1][0] / item[1][1], item[0]))
    rows = [[label.replace("_", " "), f"{hits}/{all_}", f"{hits / all_:.2f}"] for label, (hits, all_) in order]
    return "## By label, worst first\n\n" + table(["label", "named", "share"], rows)
