"""An experiment's report: mean and spread over seeds, comparisons of rows, as Markdown, CSV and a plot."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from statistics import mean, stdev

from aaccore.bootstrap import Difference, holm, paired_bootstrap
from aaccore.exporting import write_whole
from aaccore.metrics.corpus import TITLES

SCORES = ("bleu_1", "bleu_4", "rouge_l", "cider_d", "vocabulary")
ROW_PX, LABELS_PX, PLOT_PX = 26, 330, 420


@dataclass(frozen=True)
class Result:
    """One run's scores on one split.

    Attributes:
        row: Name of its row.
        factors: What the row is made of.
        seed: Of the run.
        split: "validation" or "evaluation".
        scores: Of the whole split, by name.
        cider_d: Clip by clip, in the same order for all runs.
    """

    row: str
    factors: tuple[str, ...]
    seed: int
    split: str
    scores: Mapping[str, float]
    cider_d: tuple[float, ...]


@dataclass(frozen=True)
class Comparison:
    """Two rows that differ in one factor, `corrected` being p after Holm over all of the table."""

    first: str
    second: str
    found: Difference
    corrected: float


def best(results: Sequence[Result]) -> str:
    """The row with the highest mean CIDEr-D."""
    return max(rows(results).values(), key=lambda of: mean(r.scores["cider_d"] for r in of))[0].row


def rows(results: Sequence[Result]) -> dict[str, list[Result]]:
    """The results by row, in the order given."""
    found: dict[str, list[Result]] = {}
    for result in results:
        found.setdefault(result.row, []).append(result)
    return found


def compare(results: Sequence[Result]) -> list[Comparison]:
    """Compare all rows of one split that differ in one factor, the later one less the earlier one."""
    of = list(rows(results).values())
    pairs = [(b, a) for i, a in enumerate(of) for b in of[i + 1 :] if _apart(a[0], b[0]) == 1]
    found = [paired_bootstrap([r.cider_d for r in b], [r.cider_d for r in a]) for b, a in pairs]
    corrected = holm([difference.p for difference in found])
    return [
        Comparison(b[0].row, a[0].row, difference, p)
        for (b, a), difference, p in zip(pairs, found, corrected, strict=True)
    ]


def _apart(first: Result, second: Result) -> int:
    """In how many factors two rows differ; a row without ("none" throughout) is one away from every other."""
    if set(first.factors) == {"none"} or set(second.factors) == {"none"}:
        return 1
    return sum(a != b for a, b in zip(first.factors, second.factors, strict=True))


def write_report(
    folder: Path, title: str, columns: Sequence[str], results: Sequence[Result], steps: Sequence[int], choose: bool
) -> list[Path]:
    """Write `report.md`, `scores.csv`, `comparisons.csv` and a plot of each split.

    Args:
        folder: Where to.
        title: Of the report.
        columns: What the rows' factors are.
        results: All runs on all splits.
        steps: The numbers of steps that the runs took.
        choose: Whether the report names the row that is best on the validation split.

    Returns:
        What was written, the report first.
    """
    splits = list(dict.fromkeys(result.split for result in results))
    text = [f"# {title}", "", _how(results, steps), ""]
    if choose:
        winner = best([result for result in results if result.split == "validation"])
        text += [f"Chosen on the validation split: **{winner}**.", ""]
    compared = {split: compare([r for r in results if r.split == split]) for split in splits}
    paths = [folder / "report.md", folder / "scores.csv", folder / "comparisons.csv"]
    for split in splits:
        own = [result for result in results if result.split == split]
        paths.append(folder / f"{split}.svg")
        write_whole(paths[-1], plot(own, f"{title}: {split}, {len(own[0].cider_d)} sounds"))
        text += [f"## {split.capitalize()}", "", f"![CIDEr-D by row]({split}.svg)", "", *_table(columns, own), ""]
        text += _comparisons(compared[split])
    write_whole(paths[0], "\n".join(text).rstrip() + "\n")
    write_whole(paths[1], _scores_csv(columns, results))
    write_whole(paths[2], _comparisons_csv(compared))
    return paths


def _how(results: Sequence[Result], steps: Sequence[int]) -> str:
    seeds = sorted({result.seed for result in results})
    taken = str(steps[0]) if len(steps) == 1 else f"{steps[0]} to {steps[-1]}"
    return (
        f"Each row was trained for {taken} steps with {_count(len(seeds), 'seed')} ({', '.join(map(str, seeds))}). "
        "A figure is the mean over seeds and, where there are several, their standard deviation; the last averaged "
        "weights count, captions are searched with 3 beams. Rows that differ in one thing are compared clip by clip in "
        "CIDEr-D by a paired bootstrap over clips and seeds (10,000 resamples): the difference of means, the interval "
        "that holds 95 % of the resamples, p (two-sided), and p corrected for the number of comparisons (Holm). "
        "Few seeds make the intervals too narrow."
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _figure(name: str, values: Sequence[float]) -> str:
    digits = 0 if name == "vocabulary" else 3
    spread = f" ± {stdev(values):.{digits}f}" if len(values) > 1 else ""
    return f"{mean(values):.{digits}f}{spread}"


def _table(columns: Sequence[str], results: Sequence[Result]) -> list[str]:
    shown = [name for name in SCORES if name in results[0].scores]
    head = [*columns, *(TITLES[name] for name in shown), "seeds"]
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    for of in rows(results).values():
        figures = [_figure(name, [result.scores[name] for result in of]) for name in shown]
        lines.append("| " + " | ".join([*of[0].factors, *figures, str(len(of))]) + " |")
    return lines


def _comparisons(compared: Sequence[Comparison]) -> list[str]:
    if not compared:
        return []
    lines = ["| row | less row | CIDEr-D | 95 % | p | p, Holm |", "|" + " --- |" * 6]
    for one in compared:
        found = one.found
        lines.append(
            f"| {one.first} | {one.second} | {found.mean:+.3f} | {found.low:+.3f} to {found.high:+.3f} "
            f"| {found.p:.4f} | {one.corrected:.4f} |"
        )
    return [*lines, ""]


def _scores_csv(columns: Sequence[str], results: Sequence[Result]) -> str:
    names = [name for name in TITLES if name in results[0].scores]
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["split", "row", *columns, "seed", *names])
    for result in results:
        table.writerow([result.split, result.row, *result.factors, result.seed, *(result.scores[n] for n in names)])
    return text.getvalue()


def _comparisons_csv(compared: Mapping[str, Sequence[Comparison]]) -> str:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["split", "row", "less_row", "cider_d", "low", "high", "p", "p_holm"])
    for split, ones in compared.items():
        for one in ones:
            found = one.found
            table.writerow([split, one.first, one.second, found.mean, found.low, found.high, found.p, one.corrected])
    return text.getvalue()


def plot(results: Sequence[Result], title: str) -> str:
    """A plot of one split as SVG: a line for each row, a ring for each seed's CIDEr-D, a bar at their mean."""
    of = rows(results)
    values = [result.scores["cider_d"] for result in results]
    low, high = min(values), max(values)
    margin = max(0.01, 0.05 * (high - low))
    low, high = max(0.0, low - margin), high + margin
    width, height = LABELS_PX + PLOT_PX + 30, ROW_PX * len(of) + 90

    def x(value: float) -> float:
        return LABELS_PX + PLOT_PX * (value - low) / (high - low)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" '
        f'font-size="13"><title>{escape(title)}</title><rect width="100%" height="100%" fill="white"/>',
        f'<text x="12" y="24" font-weight="bold">{escape(title)}</text>',
    ]
    bottom = 44 + ROW_PX * len(of)
    for tick in range(5):
        value = low + (high - low) * tick / 4
        parts.append(f'<path d="M{x(value):.1f} 40V{bottom}" stroke="#ddd"/>')
        parts.append(f'<text x="{x(value):.1f}" y="{bottom + 17}" text-anchor="middle">{value:.3f}</text>')
    parts.append(f'<text x="{LABELS_PX + PLOT_PX / 2}" y="{bottom + 37}" text-anchor="middle">CIDEr-D</text>')
    for index, (name, runs) in enumerate(of.items()):
        y = 44 + ROW_PX * (index + 0.5)
        scores = [result.scores["cider_d"] for result in runs]
        parts.append(f'<text x="{LABELS_PX - 12}" y="{y + 4:.1f}" text-anchor="end">{escape(name)}</text>')
        parts += [
            f'<circle cx="{x(score):.1f}" cy="{y:.1f}" r="4" fill="none" stroke="#0b5cad" stroke-width="1.5"/>'
            for score in scores
        ]
        parts.append(f'<path d="M{x(mean(scores)):.1f} {y - 9:.1f}v18" stroke="#b33c00" stroke-width="3"/>')
    return "\n".join([*parts, "</svg>", ""])
