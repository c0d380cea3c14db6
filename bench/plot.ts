import { CALLERS } from './durable.ts';
import { figure } from './numbers.ts';
import type { Results } from './results.ts';

interface Bar {
  readonly label: string;
  readonly value: number;
  readonly ours: boolean;
}
interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly Bar[];
}

const WIDTH = 800;
const LABELS = 272;
const VALUES = 80;
const BAR = 14;
const STEP = 21;
const TITLE = 42;
const GAP = 18;

/** Horizontal bars, one panel a comparison, each on a logarithmic scale of its own. Readable on a light and on a dark page. */
export function plot(results: Results): string {
  let y = 8;
  const parts = panelsOf(results).map((panel) => {
    const top = y;
    y += TITLE + panel.bars.length * STEP + GAP;
    return drawn(panel, top);
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img" aria-label="Benchmarks of onceward and of what it is compared with">
<style>
text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328; }
.title { font-weight: 600; font-size: 13px; }
.muted { fill: #59636e; }
.bar { fill: #afb8c1; }
.ours { fill: #0969da; }
.grid { stroke: #d1d9e0; stroke-width: 1; }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc; }
  .muted { fill: #9198a1; }
  .bar { fill: #57606a; }
  .ours { fill: #4493f8; }
  .grid { stroke: #3d444d; }
}
</style>
${parts.join('\n')}
</svg>
`;
}

function panelsOf({ durable, clients, browser }: Results): Panel[] {
  return [
    ...CALLERS.map((callers) => ({
      title: `Durable claims a second against the bare loop, ${callers === 1 ? '1 caller' : `${callers} callers`} (more is better)`,
      unit: 'x',
      bars: durable
        .filter((row) => row.callers === callers)
        .map(({ label, ratio, store }) => ({ label, value: ratio, ours: store === 'file journal' })),
    })),
    {
      title: '100 records stored at once in Chromium (less is better)',
      unit: ' ms',
      bars: (browser?.rows ?? []).map(({ label, ms, contender }) => ({
        label,
        value: ms,
        ours: contender === 'journal',
      })),
    },
    {
      title: 'CPU of one call against p-retry + ky + uuid, in process (less is better)',
      unit: 'x',
      bars: clients.map(({ name, cpuRatio }) => ({ label: name, value: cpuRatio, ours: name.startsWith('onceward') })),
    },
  ].filter(({ bars }) => bars.length > 0);
}

function drawn({ title, unit, bars }: Panel, top: number): string {
  const values = bars.map(({ value }) => value).filter((value) => value > 0);
  const low = Math.floor(Math.log10(Math.min(...values)) - 0.2);
  const high = Math.log10(Math.max(...values));
  const width = WIDTH - LABELS - VALUES;
  const length = (value: number) => Math.max(2, ((Math.log10(Math.max(value, 1e-9)) - low) / (high - low)) * width);
  const first = top + TITLE;
  const bottom = first + bars.length * STEP - 4;
  const decades = Array.from({ length: Math.floor(high) - low + 1 }, (_, at) => low + at);
  const grid = decades.map((decade) => {
    const x = (LABELS + ((decade - low) / (high - low)) * width).toFixed(1);
    return `<line class="grid" x1="${x}" y1="${first - 6}" x2="${x}" y2="${bottom}"/><text class="muted" x="${x}" y="${first - 9}" text-anchor="middle">${figure(10 ** decade)}</text>`;
  });
  const rows = bars
    .toSorted((a, b) => b.value - a.value)
    .map(({ label, value, ours }, at) => {
      const y = first + at * STEP;
      const end = length(value);
      return [
        `<text x="${LABELS - 8}" y="${y + 11}" text-anchor="end"${ours ? ' class="title"' : ''}>${escaped(label)}</text>`,
        `<rect class="${ours ? 'ours' : 'bar'}" x="${LABELS}" y="${y}" width="${end.toFixed(1)}" height="${BAR}" rx="2"/>`,
        `<text x="${(LABELS + end + 6).toFixed(1)}" y="${y + 11}">${figure(value)}${unit}</text>`,
      ].join('');
    });
  return [`<text class="title" x="8" y="${top + 10}">${escaped(title)}</text>`, ...grid, ...rows].join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
