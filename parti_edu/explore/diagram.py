"""The picture of the loop."""

from .svg import STYLE

BOXES = (
    ("group", "样本分组", "rows → G groups"),
    ("iterate", "部分迭代", "start → trial θ′"),
    ("merge", "结果合并", "β θ′ + (1−β) start"),
    ("test", "收敛", "stop, or next round"),
)
ACROSS, WIDE, HIGH = 172, 148, 84


def loop_diagram():
    """The four parts of the loop with their arrows, as an SVG string."""
    parts = []
    for i, (name, chinese, does) in enumerate(BOXES):
        x = 8 + i * ACROSS
        colour = "blue" if 0 < i < 3 else "ink"
        parts.append(
            f'<rect class="{colour}" x="{x}" y="12" width="{WIDE}" height="{HIGH}" rx="8" fill="none" '
            f'stroke="currentColor" stroke-width="2"/>'
        )
        for y, words, size in ((40, name, 18), (61, chinese, 14), (83, does, 13)):
            parts.append(_text(x + WIDE / 2, y, words, size))
        if i < 3:
            parts.append(
                _arrow(f"M{x + WIDE} {12 + HIGH / 2}h{ACROSS - WIDE - 3}", "0 0l-7 -4v8z", x + ACROSS - 1, 54)
            )
    first, last = 8 + ACROSS + WIDE / 2, 8 + 3 * ACROSS + WIDE / 2
    parts.append(_arrow(f"M{last} 96V126H{first}V101", "0 0l-4 7h8z", first, 98))
    parts.append(_text((first + last) / 2, 146, "the next round starts at the merged state", 13))
    alt = (
        "The loop: group the rows once; then, round after round, iterate on a picked group from the round's "
        "start to a trial, merge the trial with the start, test convergence, and go back to iterate."
    )
    return (
        f'<svg class="parti" viewBox="0 0 680 156" role="img" aria-label="{alt}" '
        f'xmlns="http://www.w3.org/2000/svg" style="width:100%;max-width:760px">{STYLE}{"".join(parts)}</svg>'
    )


def _text(x, y, words, size):
    return f'<text x="{x}" y="{y}" text-anchor="middle" style="font-size:{size}px">{words}</text>'


def _arrow(line, head, x, y):
    return (
        f'<path d="{line}" fill="none" stroke="currentColor" stroke-width="1.5"/>'
        f'<path d="M{head}" transform="translate({x} {y})" fill="currentColor"/>'
    )
