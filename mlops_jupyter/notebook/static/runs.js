// The table of runs where a kernel answers: sort, filter, hide what is the same, pick runs.
// What comes from a run is only ever put in as text.

const SVG = 'http://www.w3.org/2000/svg';

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function drawCurve(curve) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('width', curve.width);
  svg.setAttribute('height', curve.height);
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', curve.label);
  for (const points of curve.lines) {
    const line = document.createElementNS(SVG, 'polyline');
    line.setAttribute('class', 'mlops-line');
    line.setAttribute('points', points);
    svg.append(line);
  }
  for (const [kind, x, y] of curve.dots) {
    const dot = document.createElementNS(SVG, 'circle');
    for (const [name, value] of Object.entries({ class: `mlops-${kind}`, cx: x, cy: y, r: 2 })) {
      dot.setAttribute(name, value);
    }
    svg.append(dot);
  }
  return svg;
}

function ago(time) {
  const seconds = (Date.now() - time) / 1000;
  for (const [unit, length] of [['d', 86400], ['h', 3600], ['min', 60]]) {
    if (seconds >= length) return `${Math.floor(seconds / length)} ${unit} ago`;
  }
  return 'just now';
}

// Missing values stand last, whichever way the rest is sorted.
function compare(a, b, down) {
  if (a === null || b === null) return (a === null) - (b === null);
  const order = typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true });
  return down ? -order : order;
}

function fillCell(td, cell, column) {
  if (column.kind === 'status') {
    td.append(make('span', `mlops-pill mlops-${cell.sort}`, cell.text));
  } else if (column.kind === 'time') {
    td.className = 'mlops-soft';
    td.textContent = ago(cell.sort);
  } else if (cell.curve) {
    const both = make('div', 'mlops-both');
    both.append(drawCurve(cell.curve), make('span', '', cell.text));
    td.append(both);
  } else {
    td.textContent = cell.text;
  }
  if (cell.title) td.title = cell.title;
  if (cell.best) td.classList.add('mlops-best');
  if (cell.soft) td.append(' ', make('span', 'mlops-soft', cell.soft));
  if (cell.share !== undefined && cell.share !== null) {
    const bar = make('div', 'mlops-share');
    bar.append(make('div'));
    bar.firstChild.style.width = `${cell.share}%`;
    td.append(bar);
  }
  if (column.numeric) td.classList.add('mlops-n');
}

function render({ model, el }) {
  const state = { sort: null, down: false, words: '', onlyDifferences: model.get('only_differences') };
  const root = make('div', 'mlops mlops-live');
  const head = make('div', 'mlops-head');
  const title = make('span', 'mlops-title');
  const filter = make('input', 'mlops-filter');
  filter.type = 'search';
  filter.placeholder = 'Filter runs';
  filter.setAttribute('aria-label', 'Filter runs');
  const toggle = make('label', 'mlops-soft');
  const box = make('input');
  box.type = 'checkbox';
  box.checked = state.onlyDifferences;
  toggle.append(box, ' differences only');
  const clear = make('button', 'mlops-button', 'Clear choice');
  clear.hidden = true;
  const hint = make('span', 'mlops-soft mlops-push', 'Click a run to see it, a second one to compare');
  head.append(title, filter, toggle, clear, hint);
  const scroll = make('div', 'mlops-scroll mlops-tall');
  const table = make('table', 'mlops-table');
  scroll.append(table);
  const foot = make('div', 'mlops-foot');
  root.append(head, scroll, foot);
  el.append(root);

  function choose(number) {
    const picked = model.get('picked');
    const next = picked.includes(number) ? picked.filter(one => one !== number) : [...picked, number].slice(-4);
    model.set('picked', next);
    model.save_changes();
    draw();
  }

  function sortBy(index) {
    const first = model.get('table').columns[index].numeric;
    state.down = state.sort === index ? !state.down : first;
    state.sort = index;
    draw();
  }

  function seen(data) {
    const words = state.words.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = data.rows.filter(row => words.every(word => row.search.includes(word)));
    if (state.sort !== null) {
      rows.sort((a, b) => compare(a.cells[state.sort].sort, b.cells[state.sort].sort, state.down));
    }
    return rows;
  }

  function draw() {
    const data = model.get('table');
    const picked = model.get('picked');
    const rows = seen(data);
    const differs = i => new Set(data.rows.map(row => row.cells[i].text).filter(text => text !== '–')).size > 1;
    const shown = data.columns.map((column, i) => !(state.onlyDifferences && column.value) || differs(i));
    title.textContent = rows.length === data.rows.length ? data.summary : `${rows.length} of ${data.summary}`;
    clear.hidden = picked.length === 0;
    hint.textContent = picked.length ? picked.map(number => `#${number}`).join(', ') : 'Click a run to see it, a second one to compare';
    foot.textContent = data.same;
    foot.hidden = !data.same || state.onlyDifferences;

    const line = make('tr');
    data.columns.forEach((column, i) => {
      if (!shown[i]) return;
      const th = make('th', column.numeric ? 'mlops-n' : '');
      th.scope = 'col';
      th.setAttribute('aria-sort', state.sort === i ? (state.down ? 'descending' : 'ascending') : 'none');
      const button = make('button', 'mlops-sort', column.label + (state.sort === i ? (state.down ? ' ↓' : ' ↑') : ''));
      button.addEventListener('click', () => sortBy(i));
      th.append(button);
      line.append(th);
    });
    const thead = make('thead');
    thead.append(line);
    const tbody = make('tbody');
    for (const row of rows) {
      const tr = make('tr', picked.includes(row.number) ? 'mlops-picked' : '');
      tr.dataset.run = row.number;
      tr.tabIndex = 0;
      tr.setAttribute('aria-selected', picked.includes(row.number));
      row.cells.forEach((cell, i) => {
        if (!shown[i]) return;
        const td = make('td');
        fillCell(td, cell, data.columns[i]);
        tr.append(td);
      });
      tr.addEventListener('click', () => choose(row.number));
      tr.addEventListener('keydown', event => {
        if (event.key === 'Enter' || event.key === ' ') {
          event.preventDefault();
          event.stopPropagation();
          choose(row.number);
          tbody.parentNode?.querySelector(`tr[data-run="${row.number}"]`)?.focus();
        }
      });
      tbody.append(tr);
    }
    table.replaceChildren(thead, tbody);
  }

  filter.addEventListener('input', () => { state.words = filter.value; draw(); });
  filter.addEventListener('keydown', event => event.stopPropagation());
  box.addEventListener('change', () => { state.onlyDifferences = box.checked; draw(); });
  clear.addEventListener('click', () => { model.set('picked', []); model.save_changes(); draw(); });
  model.on('change:table', draw);
  model.on('change:picked', draw);
  draw();
  hideTwin(el, model.get('twin'));
  return () => { model.off('change:table', draw); model.off('change:picked', draw); };
}

// The static table stands in the output before this one, for whoever opens the notebook without a
// kernel; where this one is alive it would be the same thing twice.
function hideTwin(el, twin) {
  if (!twin) return;
  requestAnimationFrame(() => {
    for (const mark of document.querySelectorAll('[data-mlops-twin]')) {
      if (mark.dataset.mlopsTwin === twin) mark.hidden = true;
    }
  });
}

export default { render };
