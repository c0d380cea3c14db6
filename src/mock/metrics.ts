import type { EventLog, Told } from './events.ts';

/** How many tenants are told apart. A label with as many values as there are credentials would be the end of whoever stores it. */
const TENANTS = 100;
const OTHERS = '(others)';

/** The labels and values of an exemplar hold 128 characters in all: OpenMetrics 1.0. */
const LONGEST_EXEMPLAR = 128;

export const METRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

const FAMILIES = {
  hits: 'Requests by what became of them.',
  executions: 'Runs of handlers, by what became of the request.',
  replays: 'Requests that got the stored answer, by whether it was sent.',
} as const;

type Family = keyof typeof FAMILIES;

interface Series {
  readonly family: Family;
  readonly labels: string;
  count: number;
  /** Key and time of the latest request with a key that was counted. */
  key: string | undefined;
  at: number;
}

/** What one outcome of one tenant is counted in. */
type Row = { readonly labels: string } & Partial<Record<Family, Series>>;

/** Counts what happens, from the first request on: a reset of the server is nothing to a counter. */
export class Metrics {
  readonly #tenants = new Set<string>();
  /** By tenant, then by outcome. */
  readonly #rows = new Map<string, Map<string, Row>>();
  readonly #series: Series[] = [];
  /** The requests that have not ended, and how often a handler has run in each. */
  readonly #running = new Map<number, number>();

  constructor(events: EventLog) {
    events.hear((told) => this.#count(told));
  }

  /** In the text format of OpenMetrics 1.0. */
  text(): string {
    const lines = (Object.keys(FAMILIES) as Family[]).flatMap((family) => [
      `# TYPE onceward_mock_${family} counter`,
      `# HELP onceward_mock_${family} ${FAMILIES[family]}`,
      ...this.#series.filter((series) => series.family === family).map(lineOf),
    ]);
    return `${lines.join('\n')}\n# EOF\n`;
  }

  #count({ kind, at, subject, details }: Told): void {
    const { request = 0, tenant = '', key } = subject;
    if (kind === 'arrived') this.#running.set(request, 0);
    if (kind !== 'effect' && details.outcome === undefined) return;
    const runs = this.#running.get(request);
    // What never came in is no hit, here as in the ledger.
    if (runs === undefined) return;
    if (kind === 'effect') this.#running.set(request, runs + 1);
    const { outcome } = details;
    if (outcome === undefined) return;
    const told = this.#told(tenant);
    const row = this.#row(told, outcome);
    this.#add(row, 'hits', { key, at }, 1);
    if (runs > 0) this.#add(row, 'executions', { key, at }, runs);
    if (outcome === 'replayed') this.#add(this.#row(told, kind), 'replays', { key, at }, 1);
    this.#running.delete(request);
  }

  #row(tenant: string, outcome: string): Row {
    let rows = this.#rows.get(tenant);
    if (rows === undefined) {
      rows = new Map();
      this.#rows.set(tenant, rows);
    }
    let row = rows.get(outcome);
    if (row === undefined) {
      row = { labels: `tenant="${escaped(tenant)}",outcome="${outcome}"` };
      rows.set(outcome, row);
    }
    return row;
  }

  #add(row: Row, family: Family, { key, at }: { key: string | undefined; at: number }, added: number): void {
    let series = row[family];
    if (series === undefined) {
      series = { family, labels: row.labels, count: 0, key: undefined, at: 0 };
      row[family] = series;
      this.#series.push(series);
    }
    series.count += added;
    if (key === undefined) return;
    series.key = key;
    series.at = at;
  }

  #told(tenant: string): string {
    if (this.#tenants.has(tenant)) return tenant;
    if (this.#tenants.size >= TENANTS) return OTHERS;
    this.#tenants.add(tenant);
    return tenant;
  }
}

function lineOf({ family, labels, count, key, at }: Series): string {
  return `onceward_mock_${family}_total{${labels}} ${count}${key === undefined ? '' : exemplarOf(key, at)}`;
}

/** A key that is too long is left out: half of one finds nothing. */
function exemplarOf(key: string, at: number): string {
  if (Array.from(`key${key}`).length > LONGEST_EXEMPLAR) return '';
  return ` # {key="${escaped(key)}"} 1 ${at / 1000}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
