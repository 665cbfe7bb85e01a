// A form: the data dictionary, or another document whose fields come with it (`fields`: key, label, kind, question).
// What a person writes goes to the kernel when the button is pressed.
// What comes from data is only ever put in as text or as the value of a field.

const WHOLE = [
  ['description', 'What it is'], ['owner', 'Owner'], ['collected', 'Where collected'],
  ['licence', 'Licence'], ['sensitivity', 'Sensitivity'], ['target', 'Target column'],
];
const OF_COLUMN = [['meaning', 'Meaning'], ['unit', 'Unit'], ['sensitivity', 'Sensitivity'], ['collected', 'Where collected'], ['owner', 'Owner']];
const SENSITIVITIES = ['', 'public', 'internal', 'personal', 'secret'];

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

function field(key, label, value, touched, kind, question) {
  const tag = key === 'sensitivity' ? 'select' : kind === 'long' ? 'textarea' : 'input';
  const input = make(tag, 'mlops-field');
  if (key === 'sensitivity') {
    for (const one of SENSITIVITIES) {
      const option = make('option', '', one || '–');
      option.value = one;
      input.append(option);
    }
  } else {
    input.maxLength = 4000;
    input.placeholder = question || '';
  }
  input.value = value;
  input.dataset.was = value;
  input.setAttribute('aria-label', label);
  input.addEventListener('input', touched);
  input.addEventListener('keydown', event => event.stopPropagation());
  return input;
}

function render({ model, el }) {
  const data = model.get('data');
  const whole = {};
  const rows = [];
  let number = 0;
  const root = make('div', 'mlops mlops-live');
  const head = make('div', 'mlops-head');
  const save = make('button', 'mlops-save', 'Save');
  const state = make('span', 'mlops-tone mlops-push', '');
  state.setAttribute('role', 'status');
  save.disabled = true;
  head.append(make('span', 'mlops-title', data.dataset), make('span', 'mlops-soft', data.about || 'data dictionary'), state, save);

  function touched() {
    save.disabled = false;
    state.textContent = 'not saved';
    state.className = 'mlops-tone mlops-push mlops-warning';
  }

  const form = make('div', 'mlops-form');
  for (const [key, label, kind, question] of data.fields || WHOLE) {
    const line = make('label', key === 'description' || kind === 'long' ? 'mlops-long' : '');
    whole[key] = field(key, label, data.whole[key], touched, kind, question);
    line.append(make('span', 'mlops-soft', label), whole[key]);
    form.append(line);
  }

  const scroll = make('div', 'mlops-scroll mlops-window');
  const table = make('table', 'mlops-table mlops-dictionary');
  const line = make('tr');
  for (const label of ['Column', ...OF_COLUMN.map(pair => pair[1])]) {
    const th = make('th', '', label);
    th.scope = 'col';
    line.append(th);
  }
  const thead = make('thead');
  thead.append(line);
  const tbody = make('tbody');
  for (const column of data.columns) {
    const fields = {};
    const tr = make('tr');
    const name = make('td');
    name.append(make('b', '', column.name), make('div', 'mlops-under', column.type));
    tr.append(name);
    for (const [key, label] of OF_COLUMN) {
      const td = make('td', `mlops-of-${key}`);
      fields[key] = field(key, `${label} of ${column.name}`, column[key], touched);
      td.append(fields[key]);
      tr.append(td);
    }
    rows.push([column.name, fields]);
    tbody.append(tr);
  }
  table.append(thead, tbody);
  scroll.append(table);
  root.append(head, form);
  if (!data.fields) root.append(scroll);
  if (data.left) root.append(make('div', 'mlops-foot', `and ${data.left} columns that are not listed here`));
  el.append(root);

  // Only what a person changed is sent, so that what was said elsewhere in the meantime stays.
  const read = fields => Object.fromEntries(
    Object.entries(fields).filter(([, input]) => input.value !== input.dataset.was).map(([key, input]) => [key, input.value]),
  );
  function refresh(fields, fresh) {
    for (const [key, input] of Object.entries(fields)) {
      if (input.value === input.dataset.was) input.value = fresh[key];
      input.dataset.was = fresh[key];
    }
  }
  function renewed() {
    const fresh = model.get('data');
    const columns = new Map(fresh.columns.map(column => [column.name, column]));
    refresh(whole, fresh.whole);
    for (const [name, fields] of rows) if (columns.has(name)) refresh(fields, columns.get(name));
  }
  save.addEventListener('click', () => {
    number += 1;
    const columns = rows.map(([name, fields]) => ({ name, ...read(fields) }));
    save.disabled = true;
    state.textContent = 'saving…';
    model.set('edited', { number, whole: read(whole), columns });
    model.save_changes();
  });
  function answered() {
    const said = model.get('state');
    state.textContent = said.words || '';
    state.className = `mlops-tone mlops-push mlops-${said.tone}`;
    if (said.tone === 'error') save.disabled = false;
  }
  model.on('change:data', renewed);
  model.on('change:state', answered);
  const twin = model.get('twin');
  if (/^[0-9a-f]{32}$/.test(twin)) {
    // A rule and not a mark, since the static dictionary is drawn anew with each save.
    root.append(make('style', '', `[data-mlops-twin="${twin}"] { display: none }`));
  }
  return () => {
    model.off('change:data', renewed);
    model.off('change:state', answered);
  };
}

export default { render };
