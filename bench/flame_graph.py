"""A flame graph (https://www.brendangregg.com/flamegraphs.html): each box is a function above its caller. Its width is its share
of the samples."""
import hashlib
from html import escape

WIDTH, ROW, TOP = 1200, 17, 40
WIDTH_MIN = 1.0
CHARACTER_WIDTH = 6.6
COLOURS = (("confab::", 205), ("sqlite3", 35), ("libsqlite3", 35), ("boost::", 265), ("std::", 265))  # hues; others are kernel and libc
OTHER_HUE = 5


def graph(stacks, title):
    """`stacks`: the count of each stack, a tuple of functions, outermost first."""
    root = {"count": 0, "below": {}}
    for stack, count in sorted(stacks.items()):
        at = root
        at["count"] += count
        for function in stack:
            at = at["below"].setdefault(function, {"count": 0, "below": {}})
            at["count"] += count
    boxes = list(drawn(root, 0.0, 0, WIDTH / root["count"]))
    height = TOP + ROW * (1 + max((depth for depth, *_ in boxes), default=0)) + 10
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="monospace" font-size="11">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        f'<text x="10" y="24" font-size="15" font-family="sans-serif" font-weight="bold">{escape(title)}</text>',
        *(box(depth, x, width, name, count / root["count"], height) for depth, x, width, name, count in boxes),
        "</svg>"]) + "\n"


def drawn(node, x, depth, scale):
    for name, below in sorted(node["below"].items()):
        width = below["count"] * scale
        if width >= WIDTH_MIN:
            yield depth, x, width, name, below["count"]
            yield from drawn(below, x, depth + 1, scale)
        x += width


def box(depth, x, width, name, share, height):
    y = height - 10 - ROW * (depth + 1)
    fits = int(width / CHARACTER_WIDTH) - 1
    label = name if len(name) <= fits else name[:fits - 1] + "…" if fits > 3 else ""
    text = f'<text x="{x + 3:.1f}" y="{y + 12}">{escape(label)}</text>' if label else ""
    return (f'<g><title>{escape(name)} {share:.1%}</title><rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{ROW - 1}" '
            f'fill="{colour(name)}"/>{text}</g>')


def colour(name):
    hue = next((hue for prefix, hue in COLOURS if name.startswith(prefix)), OTHER_HUE)
    shade = int(hashlib.sha256(name.encode()).hexdigest()[:2], 16) % 20
    return f"hsl({hue}, 70%, {68 + shade}%)"
