"""Each explorer in JupyterLab in both themes, wide and narrow: nothing clipped, all text can be read."""

import pytest

from browser.each import each_explorer
from parti_edu.explore import EXPLORERS

LOOK = """
box => {
    const problems = [], room = 1;
    const outside = (a, b) => Math.max(b.left - a.left, a.right - b.right,
                                       b.top - a.top, a.bottom - b.bottom);
    const frame = svg => {                            // a nested svg's own box would be that of its content
        const parent = svg.parentElement.closest('svg');
        if (!parent) return svg.getBoundingClientRect();
        const at = (x, y) => new DOMPoint(x, y).matrixTransform(parent.getScreenCTM());
        const v = name => svg[name].baseVal.value;
        const a = at(v('x'), v('y')), b = at(v('x') + v('width'), v('y') + v('height'));
        return {left: a.x, top: a.y, right: b.x, bottom: b.y};
    };
    const texts = [...box.querySelectorAll('svg text')];
    for (const text of texts)
        for (let svg = text.closest('svg'); svg; svg = svg.parentElement.closest('svg'))
            if (outside(text.getBoundingClientRect(), frame(svg)) > room)
                problems.push(`clipped: ${text.textContent}`);
    for (const [i, a] of texts.entries())
        for (const b of texts.slice(i + 1)) {
            const p = a.getBoundingClientRect(), q = b.getBoundingClientRect();
            if (Math.min(p.right, q.right) - Math.max(p.left, q.left) > room
                && Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > room)
                problems.push(`one over the other: ${a.textContent} | ${b.textContent}`);
        }
    for (let part = box; !part.classList.contains('jp-Cell'); part = part.parentElement)
        if (part.scrollWidth > part.clientWidth) problems.push(`too wide: ${part.className}`);
    for (const label of box.querySelectorAll('label.widget-label, .widget-readout, button, [role=status]'))
        if (label.scrollWidth > label.clientWidth) problems.push(`cut: ${label.textContent}`);
    const pen = document.createElement('canvas').getContext('2d'), arrow = 24;
    for (const menu of box.querySelectorAll('select')) {
        pen.font = getComputedStyle(menu).font;
        for (const option of menu.options)
            if (pen.measureText(option.text).width + arrow > menu.clientWidth)
                problems.push(`cut in the menu: ${option.text}`);
    }
    for (const svg of box.querySelectorAll('svg.parti'))
        if (outside(svg.getBoundingClientRect(), box.getBoundingClientRect()) > room)
            problems.push('a picture sticks out');
    return problems;
}
"""

CONTRAST = """
box => {
    const parts = colour => [...colour.match(/[0-9.]+/g).map(Number), 1].slice(0, 4);
    const over = (a, b) => [0, 1, 2].map(i => a[i] * a[3] + b[i] * (1 - a[3])).concat(1);
    const behind = node => {
        const layers = [];
        for (; node; node = node.parentElement) layers.push(parts(getComputedStyle(node).backgroundColor));
        return layers.reduceRight((below, layer) => over(layer, below), [255, 255, 255, 1]);
    };
    const light = colour => colour.slice(0, 3).map(c => c / 255)
        .map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
    return [...box.querySelectorAll('svg text, [role=status], label.widget-label, pre')]
        .filter(node => node.textContent)
        .map(node => {
            const style = getComputedStyle(node), back = behind(node);
            const ink = over(parts(node.closest('svg') ? style.fill : style.color), back);
            const [a, b] = [light(ink), light(back)].sort((p, q) => q - p);
            return [node.textContent, (a + .05) / (b + .05)];
        });
}
"""


@pytest.fixture(
    scope="module",
    params=[(t, w) for t in ("Light", "Dark") for w in (1280, 800)],
    ids=lambda p: f"{p[0]}-{p[1]}",
)
def look(request, gallery):
    """All explorers, in a theme and a width of the page; afterwards it is as before."""
    notebook, found = gallery

    def set_to(theme, width):
        notebook.page.set_viewport_size({"width": width, "height": 900})
        side = "collapseLeft" if width < 1000 else "expandLeft"
        notebook.page.evaluate(f"() => jupyterapp.shell.{side}()")
        notebook.theme(theme)

    set_to(*request.param)
    yield found
    set_to("Light", 1280)


@each_explorer
def test_nothing_is_clipped_and_all_text_can_be_read(look, gallery, name):
    shown = look[name]
    for key, i in (("Home", 0), ("End", -1)):
        for knob in EXPLORERS[name].knobs:
            shown.end(knob, key)
        shown.expect(**{knob.name: knob.values[i] for knob in EXPLORERS[name].knobs})
        assert shown.box.evaluate(LOOK) == []
        contrasts = shown.box.evaluate(CONTRAST)
        assert len(contrasts) > 10
        assert [(text, ratio) for text, ratio in contrasts if ratio < 4.5] == []
    gallery[0].check()
