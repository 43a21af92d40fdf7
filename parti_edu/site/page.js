// The theme and the search: all that the pages share. An explorer brings its own lines along.
document.addEventListener('DOMContentLoaded', () => {
  const button = document.getElementById('theme');
  const remembered = () => { try { return localStorage.getItem('theme'); } catch { return null; } };
  const turn = dark => {
    document.body.dataset.jpThemeLight = String(!dark);
    button.textContent = dark ? 'Light' : 'Dark';
  };
  turn((remembered() ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark');
  button.addEventListener('click', () => {
    const dark = document.body.dataset.jpThemeLight === 'true';
    turn(dark);
    try { localStorage.setItem('theme', dark ? 'dark' : 'light'); } catch { /* a folder may have no storage */ }
  });

  // What is wider than the page scrolls, and so must be within reach of the keyboard.
  const reach = () => document.querySelectorAll('pre, table, math[display=block]').forEach(box => {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  });
  reach();
  addEventListener('resize', reach);
  document.addEventListener('toggle', reach, true);

  const field = document.getElementById('search');
  field?.addEventListener('input', () => {
    const wanted = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const hits = wanted.length ? sections.filter(section => {
      const text = section.join(' ').toLowerCase();
      return wanted.every(word => text.includes(word));
    }) : [];
    document.getElementById('found').replaceChildren(...hits.slice(0, 20).map(([page, title, anchor, heading]) => {
      const item = document.createElement('li'), link = document.createElement('a');
      link.href = `${page}.html#${encodeURIComponent(anchor)}`;
      link.textContent = heading === title ? title : `${title}: ${heading}`;
      item.append(link);
      return item;
    }));
  });
});
