"""The geometry of charts that templates draw as SVG: plain numbers in, coordinates out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

STEPS: Final = (1, 2, 2.5, 5, 10)
MOST_TICKS: Final = 4


@dataclass(frozen=True, slots=True)
class BarData:
    """What one bar shows: a value and its words; `link` leads to what it counts."""

    label: str
    value: int
    text: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar with its place; `middle` is where its label is centered."""

    data: BarData
    x: float
    y: float
    width: float
    height: float
    middle: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the grid and its words."""

    y: float
    label: str


@dataclass(frozen=True, slots=True)
class BarChart:
    """A drawn bar chart: its size, where the bars stand, its grid."""

    width: int
    height: int
    left: int
    base: float
    bars: list[Bar]
    ticks: list[Tick]


def tick_values(largest: int) -> list[int]:
    """Choose round values from 0 up to at least `largest`, at most five: 0, 25, 50, 75, 100."""
    if largest <= 0:
        return [0]
    rough = largest / MOST_TICKS
    power = 10 ** math.floor(math.log10(rough))
    step = max(1, round(next(factor for factor in STEPS if factor * power >= rough) * power))
    return list(range(0, math.ceil(largest / step) * step + 1, step))


def bar_chart(
    data: Sequence[BarData],
    *,
    label_of: Callable[[int], str],
    width: int = 540,
    height: int = 230,
    left: int = 76,
) -> BarChart:
    """Place bars over a grid; `label_of` words a grid value. Any value but 0 stays visible."""
    ticks = tick_values(max((bar.value for bar in data), default=0))
    top, base = 14.0, height - 30.0
    scale = (base - top) / (ticks[-1] or 1)
    slot = (width - left - 8) / max(len(data), 1)
    bar_width = min(slot * 0.66, 76)
    bars = []
    for number, bar in enumerate(data):
        tall = max(bar.value * scale, 2.0) if bar.value > 0 else 0.0
        middle = left + slot * (number + 0.5)
        bars.append(
            Bar(
                bar,
                round(middle - bar_width / 2, 1),
                round(base - tall, 1),
                round(bar_width, 1),
                round(tall, 1),
                middle,
            )
        )
    lines = [Tick(round(base - value * scale, 1), label_of(value)) for value in ticks]
    return BarChart(width, height, left, base, bars, lines)


@dataclass(frozen=True, slots=True)
class Sparkline:
    """A line through values, and the area below it, as the points of an SVG polyline and polygon."""

    line: str
    area: str
    width: int
    height: int


def sparkline(values: Sequence[int], *, width: int = 120, height: int = 26) -> Sparkline:
    """Draw a small line: the first value left, the largest at the top."""
    largest = max(values, default=0) or 1
    step = width / max(len(values) - 1, 1)
    points = [
        f"{number * step:.1f},{height - 2 - value / largest * (height - 4):.1f}" for number, value in enumerate(values)
    ]
    line = " ".join(points)
    return Sparkline(line, f"0,{height} {line} {width},{height}" if points else "", width, height)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a stacked bar: its class, and where it stands."""

    css: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Stack:
    """One bar made of pieces: its label, its words, where it leads, its place."""

    label: str
    text: str
    link: str
    x: float
    width: float
    middle: float
    pieces: list[Piece]


@dataclass(frozen=True, slots=True)
class StackData:
    """What a stacked bar shows: the values of its pieces by class, the lowest first."""

    label: str
    text: str
    values: Sequence[tuple[str, int]]
    link: str = ""


@dataclass(frozen=True, slots=True)
class StackChart:
    """A drawn chart of stacked bars: its size, the bars, its grid, and a line of steps over the bars if asked for."""

    width: int
    height: int
    left: int
    base: float
    stacks: list[Stack]
    ticks: list[Tick]
    line: str = ""


def stack_chart(
    data: Sequence[StackData],
    *,
    label_of: Callable[[int], str],
    line: Sequence[int] = (),
    width: int = 1080,
    height: int = 200,
    left: int = 40,
) -> StackChart:
    """Stack pieces over a grid, one bar for each of many days; `line` are values drawn as steps over the bars."""
    totals = [sum(value for _, value in bar.values) for bar in data]
    ticks = tick_values(max([*totals, *line], default=0))
    top, base = 10.0, height - 24.0
    scale = (base - top) / (ticks[-1] or 1)
    slot = (width - left - 4) / max(len(data), 1)
    stacks = []
    for number, bar in enumerate(data):
        pieces, level = [], base
        for css, value in bar.values:
            if value:
                tall = max(value * scale, 1.5)
                level -= tall
                pieces.append(Piece(css, round(level, 1), round(tall, 1)))
        x = left + slot * number
        stacks.append(
            Stack(
                bar.label,
                bar.text,
                bar.link,
                round(x + slot * 0.12, 1),
                round(slot * 0.76, 1),
                round(x + slot / 2, 1),
                pieces,
            )
        )
    lines = [Tick(round(base - value * scale, 1), label_of(value)) for value in ticks]
    points = " ".join(
        f"{left + slot * (number + side):.1f},{base - value * scale:.1f}"
        for number, value in enumerate(line)
        for side in (0, 1)
    )
    return StackChart(width, height, left, base, stacks, lines, points)
