// Charts as SVG, by hand: bars side by side, and lines over a logarithmic axis.
const [WIDTH, LEFT, RIGHT, ROW] = [760, 250, 70, 17];
const COLOURS = ['#2563eb', '#d97706', '#6b7280', '#059669'];
const number = (value) => value.toLocaleString('en', { maximumFractionDigits: 2 });
const escaped = (text) => String(text).replace(/[&<>]/g, (it) => `&#${it.charCodeAt(0)};`);

const text = (x, y, content, more = '') =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${escaped(content)}</text>`;
const legend = (names, y) =>
  names.map((name, index) => {
    const x = LEFT + index * 165;
    return `<rect x="${x}" y="${y - 9}" width="10" height="10" fill="${COLOURS[index]}"/>${text(x + 15, y, name)}`;
  });

function svg(title, height, parts) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="12" role="img" aria-label="${escaped(title)}">
<rect width="100%" height="100%" fill="#fff"/>
${text(12, 22, title, 'font-size="15" font-weight="bold"')}
${parts.flat().join('\n')}
</svg>
`;
}

/**
 * Groups of bars: `groups` have a `name` and `values`, one for each of `series`; `own` is the
 * group to be set off.
 */
export function bars(title, series, groups, own) {
  const largest = Math.max(...groups.flatMap(({ values }) => values.filter(Number.isFinite)));
  const scale = (WIDTH - LEFT - RIGHT) / largest;
  let y = 62;
  const rows = groups.map(({ name, values }) => {
    const top = y;
    const drawn = values.flatMap((value, index) => {
      if (!Number.isFinite(value)) return [];
      const bar = `<rect x="${LEFT}" y="${y}" width="${(value * scale).toFixed(1)}" height="${ROW - 3}" fill="${COLOURS[index]}"/>`;
      const label = text(LEFT + value * scale + 5, y + ROW - 6, number(value));
      y += ROW;
      return [bar, label];
    });
    const middle = (top + y) / 2 + 2;
    y += 9;
    const weight = name === own ? ' font-weight="bold"' : '';
    return [...drawn, text(LEFT - 8, middle, name, `text-anchor="end"${weight}`)];
  });
  return svg(title, y + 6, [legend(series, 46), rows]);
}

/** Lines through points `[x, y]`, x logarithmic; `isSteep` makes y so too. */
export function lines(title, [xName, yName], series, isSteep = false) {
  const [top, bottom, left, right] = [64, 330, 64, WIDTH - 30];
  const points = Object.values(series).flat();
  const xs = points.map(([x]) => Math.log10(x));
  const bend = isSteep ? Math.log10 : (value) => value;
  const ys = points.map(([, y]) => bend(y));
  const [low, high] = isSteep
    ? [Math.floor(Math.min(...ys)), Math.ceil(Math.max(...ys))]
    : [0, Math.max(...ys) * 1.08];
  const across = (x) =>
    left +
    ((Math.log10(x) - Math.min(...xs)) / (Math.max(...xs) - Math.min(...xs))) * (right - left);
  const up = (y) => bottom - ((bend(y) - low) / (high - low)) * (bottom - top);
  const steps = isSteep
    ? Array.from({ length: high - low + 1 }, (_, step) => 10 ** (low + step))
    : Array.from({ length: 5 }, (_, step) => Number(((high * step) / 4).toPrecision(2)));
  const axes = [
    ...steps.map(
      (y) =>
        `<path d="M${left} ${up(y).toFixed(1)}H${right}" stroke="#e5e7eb"/>${text(left - 6, up(y) + 4, number(y), 'text-anchor="end"')}`,
    ),
    ...[...new Set(points.map(([x]) => x))].map((x) =>
      text(across(x), bottom + 18, number(x), 'text-anchor="middle"'),
    ),
    text((left + right) / 2, bottom + 38, xName, 'text-anchor="middle"'),
    text(12, top - 8, yName),
  ];
  const drawn = Object.values(series).map((its, index) => {
    const path = its
      .map(([x, y], step) => `${step ? 'L' : 'M'}${across(x).toFixed(1)} ${up(y).toFixed(1)}`)
      .join('');
    const dots = its.map(
      ([x, y]) =>
        `<circle cx="${across(x).toFixed(1)}" cy="${up(y).toFixed(1)}" r="3" fill="${COLOURS[index]}"/>`,
    );
    return [`<path d="${path}" fill="none" stroke="${COLOURS[index]}" stroke-width="2"/>`, ...dots];
  });
  const names = Object.keys(series);
  return svg(title, bottom + 52, [names.length > 1 ? legend(names, 46) : [], axes, drawn]);
}
