// What the page does beyond its text: sorting, filtering, the viewer and the charts. Everything it shows is in the
// HTML already, except the charts' numbers, which are in #data.
'use strict';
(() => {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId('data').textContent);

  // ---- Table -----------------------------------------------------------------------------------------------
  const table = byId('table');
  const rows = table ? [...table.tBodies[0].rows] : [];

  const compare = (key, isNumeric) => (a, b) => {
    const [x, y] = [a.dataset[key], b.dataset[key]];
    if (!isNumeric) return x < y ? -1 : x > y ? 1 : 0;
    if (x === '' || y === '') return (x === '') - (y === '');  // what is undefined goes last
    return Number(x) - Number(y);
  };

  function sortBy(heading, direction) {
    const order = compare(heading.dataset.key, 'numeric' in heading.dataset);
    const sign = direction === 'ascending' ? 1 : -1;
    rows.sort((a, b) => sign * order(a, b) || compare('path', false)(a, b));
    table.tBodies[0].append(...rows);
    for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
    heading.setAttribute('aria-sort', direction);
  }

  function makeSortable() {
    for (const heading of table.tHead.querySelectorAll('[data-key]')) {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = heading.textContent;
      heading.replaceChildren(button);
      button.addEventListener('click', () => {
        const now = heading.getAttribute('aria-sort');
        const first = 'numeric' in heading.dataset && heading.dataset.key !== 'p' ? 'descending' : 'ascending';
        const other = first === 'ascending' ? 'descending' : 'ascending';
        sortBy(heading, now === first ? other : first);
      });
    }
  }

  function filter() {
    const name = byId('filter-name').value.toLowerCase();
    const verdict = byId('filter-verdict').value;
    const label = byId('filter-label').value;
    const outcome = byId('filter-outcome')?.value;
    let shown = 0;
    for (const row of rows) {
      const {path, ...its} = row.dataset;
      row.hidden = !(path.toLowerCase().includes(name) && (!verdict || its.verdict === verdict) &&
                     (!label || its.label === label) && (!outcome || its.outcome === outcome));
      if (!row.hidden) ++shown;
    }
    byId('shown').textContent = `${shown} of ${rows.length} shown`;
    byId('none').hidden = shown > 0;
  }

  if (table) {
    makeSortable();
    const form = byId('filters');
    form.hidden = false;
    form.addEventListener('input', filter);
    form.addEventListener('reset', () => setTimeout(filter));  // after the fields are empty
    form.addEventListener('submit', (event) => event.preventDefault());
    filter();
  }

  // ---- Viewer ----------------------------------------------------------------------------------------------
  const viewer = byId('viewer');
  const split = byId('split');
  let current = null;
  let opener = null;

  const pictured = () => rows.filter((row) => !row.hidden && row.querySelector('.look'));

  function setSplit(percent) {
    split.value = percent;
    split.setAttribute('aria-valuetext', `line at ${split.value} %`);
    byId('stack').style.setProperty('--split', `${split.value}%`);
  }

  function fill(target, source) {
    target.hidden = !source;
    if (source) target.src = source.src;
    else target.removeAttribute('src');
  }

  function show(row) {
    current = row;
    const its = row.dataset;
    byId('viewer-name').textContent = its.path;
    viewer.querySelector('.views').style.setProperty('--ratio', its.ratio);
    const heat = row.querySelector('.heat');
    fill(byId('view-photo'), row.querySelector('.photo'));
    fill(byId('view-heat'), heat);
    fill(byId('view-mask'), row.querySelector('img.mask'));
    byId('view-mask-figure').hidden = byId('view-mask').hidden;
    byId('view-verdict').className = `chip ${its.verdict}`;
    byId('view-verdict').textContent = its.verdict;
    byId('view-facts').textContent = its.facts;
    const link = row.querySelector('a');
    byId('view-link').hidden = !link;
    if (link) byId('view-link').href = link.href;
    const all = pictured();
    byId('previous').disabled = row === all[0];
    byId('next').disabled = row === all[all.length - 1];
    if (!viewer.open) {
      opener = document.activeElement;
      viewer.showModal();
    }
    if (document.activeElement.disabled) split.focus();
  }

  const step = (by) => {
    const all = pictured();
    const next = all[all.indexOf(current) + by];
    if (next) show(next);
  };

  for (const row of rows) {
    const button = row.querySelector('.look');
    if (button) button.addEventListener('click', () => show(row));
  }
  byId('previous').addEventListener('click', () => step(-1));
  byId('next').addEventListener('click', () => step(1));
  byId('close').addEventListener('click', () => viewer.close());
  viewer.addEventListener('close', () => (opener.isConnected ? opener : current.querySelector('.look')).focus());
  viewer.addEventListener('keydown', (event) => {
    if (event.target === split || (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight')) return;
    event.preventDefault();
    step(event.key === 'ArrowLeft' ? -1 : 1);
  });
  viewer.addEventListener('click', (event) => event.target === viewer && viewer.close());
  split.addEventListener('input', () => setSplit(split.value));
  const drag = (event) => {
    if (event.type === 'pointermove' && event.buttons === 0) return;
    const box = byId('stack').getBoundingClientRect();
    setSplit(Math.round(100 * (event.clientX - box.left) / box.width));
  };
  byId('stack').addEventListener('pointerdown', drag);
  byId('stack').addEventListener('pointermove', drag);
  setSplit(50);

  // ---- The worst images, at the top of the page: their pictures are those of the table -----------------------
  function tile(row) {
    const its = row.dataset;
    const button = document.createElement('button');
    button.type = 'button';
    button.className = `tile ${its.verdict}`;
    button.setAttribute('aria-label', `Compare the pictures of ${its.path}, score ${its.shown}, ${its.verdict}`);
    const picture = document.createElement('img');
    picture.src = (row.querySelector('.heat') || row.querySelector('.photo')).src;
    picture.alt = '';
    button.title = its.path;
    const text = (kind, what) => {
      const line = document.createElement('span');
      line.className = kind;
      line.textContent = what;
      return line;
    };
    button.append(picture, text('score', its.shown), text('name', its.path));
    button.addEventListener('click', () => show(row));
    return button;
  }

  const worst = rows.filter((row) => row.querySelector('.look')).slice(0, 6);
  document.querySelector('#worst .tiles').append(...worst.map(tile));
  byId('worst').hidden = worst.length === 0;

  // ---- Charts ----------------------------------------------------------------------------------------------
  const charts = [];
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  function axis(title, more) {
    return {
      title: {display: true, text: title, color: colour('muted')},
      ticks: {color: colour('muted'), maxRotation: 0, autoSkipPadding: 12, includeBounds: false},
      grid: {color: colour('line'), offset: false},
      ...more,
    };
  }

  // A vertical line at the threshold; Chart.js has no such thing of its own.
  const thresholdLine = {
    id: 'thresholdLine',
    afterDatasetsDraw(chart) {
      if (data.histogram.threshold === null) return;
      const {ctx, chartArea: area, scales: {x}} = chart;
      const at = x.getPixelForValue(data.histogram.threshold);
      if (at < area.left || at > area.right) return;
      ctx.save();
      ctx.strokeStyle = ctx.fillStyle = colour('ink');
      ctx.setLineDash([5, 4]);
      ctx.lineWidth = 1.5;
      ctx.beginPath();
      ctx.moveTo(at, area.top - 4);
      ctx.lineTo(at, area.bottom);
      ctx.stroke();
      const isRight = at > (area.left + area.right) / 2;
      ctx.textAlign = isRight ? 'right' : 'left';
      ctx.fillText('threshold', at + (isRight ? 2 : -2), area.top - 6);
      ctx.restore();
    },
  };

  const base = () => ({animation: false, responsive: true, maintainAspectRatio: false, normalized: true});

  function histogram() {
    const {from, step: width} = data.histogram;
    const stacked = ['normal', 'undecided', 'anomalous'];  // from below
    const series = [...data.histogram.series].sort((a, b) => stacked.indexOf(a.name) - stacked.indexOf(b.name));
    const count = series[0].counts.length;
    return {
      type: 'bar',
      data: {
        datasets: series.map((one) => ({
          label: one.name,
          data: one.counts.map((y, i) => ({x: from + (i + .5) * width, y})),
          backgroundColor: colour(one.name),
          barPercentage: 1, categoryPercentage: .94, grouped: false,
        })),
      },
      options: {
        ...base(),
        layout: {padding: {top: data.histogram.threshold === null ? 0 : 12}},
        scales: {
          x: axis('score', {type: 'linear', min: from + width > 0 ? Math.max(from, 0) : from, max: from + count * width, offset: false, stacked: true}),
          y: axis('images', {beginAtZero: true, stacked: true, ticks: {color: colour('muted'), precision: 0}}),
        },
        plugins: {
          legend: {display: series.length > 1, position: 'bottom', labels: {color: colour('ink'), boxWidth: 12}},
          tooltip: {callbacks: {title: ([item]) => {
            const low = from + item.dataIndex * width;
            return `${+low.toPrecision(6)} to ${+(low + width).toPrecision(6)}`;
          }}},
        },
      },
      plugins: [thresholdLine],
    };
  }

  // Colours that colour-blind readers tell apart (Okabe and Ito).
  const palette = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00'];

  function curve({series, y, limit}) {
    return {
      type: 'line',
      data: {
        datasets: series.map(({name, points}, i) => ({
          label: name, data: points, borderColor: series.length > 1 ? palette[i % palette.length] : colour('normal'),
          backgroundColor: 'transparent', borderWidth: 2, clip: 4, pointRadius: 0, pointHitRadius: 8,
        })),
      },
      options: {
        ...base(),
        scales: {
          x: axis('false-positive rate', {type: 'linear', min: 0, max: limit}),
          y: axis(y, {min: 0, max: 1, ticks: {color: colour('muted'), stepSize: .2}}),
        },
        plugins: {legend: {display: series.length > 1, labels: {color: colour('ink'), boxWidth: 12}}},
      },
    };
  }

  function drawCharts() {
    for (const chart of charts.splice(0)) chart.destroy();
    const draw = (id, config) => charts.push(new Chart(byId(id), config));
    if (data.histogram) draw('histogram', histogram());
    for (const one of data.curves) draw(one.id, curve(one));
  }

  drawCharts();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawCharts);
  matchMedia('print').addEventListener('change', drawCharts);
})();
