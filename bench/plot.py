"""Line charts as hand-written SVG: a dozen lines of text each, deterministic, readable in a diff."""
import math
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 80, 190, 40, 55
COLOURS = ("#1b6ca8", "#d1495b", "#2e8b57", "#b8860b", "#6a4c93", "#444444")
TICKS_MAX = 7


@dataclass(frozen=True)
class Axis:
    """`ticks`: values with their labels, instead of the computed ones."""
    label: str
    logarithmic: bool = False
    ticks: tuple = ()

    def scale(self, values, begin, end):
        """Returns a function that maps a value to between `begin` and `end`, and the ticks."""
        transform = math.log10 if self.logarithmic else float
        values = [*values, *(value for value, _ in self.ticks)]
        low, high = (min(values), max(values)) if self.logarithmic else (0, max(values) * 1.05 or 1)
        span = transform(high) - transform(low) or 1
        return (lambda value: begin + (end - begin) * (transform(value) - transform(low)) / span), self.ticks or self.found(low, high)

    def found(self, low, high):
        if self.logarithmic:
            decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
            steps = [factor * 10.0 ** decade for decade in decades for factor in ((1,) if len(decades) > 4 else (1, 2, 5))]
            return [(step, number(step)) for step in steps if low <= step <= high]
        step = 10 ** math.floor(math.log10(high / 2))
        step = next(step * factor for factor in (1, 2, 5, 10) if high / (step * factor) <= TICKS_MAX)
        return [(step * at, number(step * at)) for at in range(int(high / step) + 1)]


def number(value):
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:g}"


def chart(title, x_axis, y_axis, series):
    """`series`: names with their points (x, y)."""
    x, x_ticks = x_axis.scale([point[0] for points in series.values() for point in points], LEFT, WIDTH - RIGHT)
    y, y_ticks = y_axis.scale([point[1] for points in series.values() for point in points], HEIGHT - BOTTOM, TOP)
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        text(LEFT, 22, title, 'font-size="15" font-weight="bold"'),
        *(line(x(value), TOP, x(value), bottom) + text(x(value), bottom + 18, label, 'text-anchor="middle"')
          for value, label in x_ticks),
        *(line(LEFT, y(value), right, y(value)) + text(LEFT - 8, y(value) + 4, label, 'text-anchor="end"')
          for value, label in y_ticks),
        text((LEFT + right) / 2, HEIGHT - 12, x_axis.label, 'text-anchor="middle"'),
        text(18, (TOP + bottom) / 2, y_axis.label, f'text-anchor="middle" transform="rotate(-90 18 {(TOP + bottom) / 2:.0f})"'),
        *(drawn(name, [(x(a), y(b)) for a, b in points], index) for index, (name, points) in enumerate(series.items())),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def drawn(name, points, index):
    colour = COLOURS[index % len(COLOURS)]
    path = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
    dots = "".join(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}"/>' for a, b in points)
    height = TOP + 12 + 20 * index
    return (f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>{dots}'
            f'<rect x="{WIDTH - RIGHT + 14}" y="{height - 9}" width="10" height="10" fill="{colour}"/>'
            + text(WIDTH - RIGHT + 30, height, name, ""))


def line(x1, y1, x2, y2):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#dddddd"/>'


def text(x, y, content, style):
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(content)}</text>'
