import type { EventLog, MockEvent } from './events.ts';

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
  /** The latest request that was counted. */
  exemplar: { readonly key: string; readonly at: number } | undefined;
}

/** Counts what happens, from the first request on: a reset of the server is nothing to a counter. */
export class Metrics {
  readonly #tenants = new Set<string>();
  readonly #series = new Map<string, Series>();
  /** The requests that have not ended, and how often a handler has run in each. */
  readonly #running = new Map<number, number>();

  constructor(events: EventLog) {
    events.on((event) => this.#count(event));
  }

  /** In the text format of OpenMetrics 1.0. */
  text(): string {
    const lines = (Object.keys(FAMILIES) as Family[]).flatMap((family) => [
      `# TYPE onceward_mock_${family} counter`,
      `# HELP onceward_mock_${family} ${FAMILIES[family]}`,
      ...[...this.#series.values()].filter((series) => series.family === family).map(lineOf),
    ]);
    return `${lines.join('\n')}\n# EOF\n`;
  }

  #count(event: MockEvent): void {
    const { kind, request = 0, outcome } = event;
    if (kind === 'arrived') this.#running.set(request, 0);
    const runs = this.#running.get(request);
    // What never came in is no hit, here as in the ledger.
    if (runs === undefined) return;
    if (kind === 'effect') this.#running.set(request, runs + 1);
    if (outcome === undefined) return;
    this.#add('hits', event, outcome);
    if (runs > 0) this.#add('executions', event, outcome, runs);
    if (outcome === 'replayed') this.#add('replays', event, kind);
    this.#running.delete(request);
  }

  #add(family: Family, { tenant = '', key, at }: MockEvent, outcome: string, added = 1): void {
    const told = this.#told(tenant);
    const name = `${family} ${outcome} ${told}`;
    let series = this.#series.get(name);
    if (series === undefined) {
      series = { family, labels: `tenant="${escaped(told)}",outcome="${outcome}"`, count: 0, exemplar: undefined };
      this.#series.set(name, series);
    }
    series.count += added;
    if (key !== undefined) series.exemplar = { key, at };
  }

  #told(tenant: string): string {
    if (this.#tenants.has(tenant)) return tenant;
    if (this.#tenants.size >= TENANTS) return OTHERS;
    this.#tenants.add(tenant);
    return tenant;
  }
}

function lineOf({ family, labels, count, exemplar }: Series): string {
  return `onceward_mock_${family}_total{${labels}} ${count}${exemplar === undefined ? '' : exemplarOf(exemplar)}`;
}

/** A key that is too long is left out: half of one finds nothing. */
function exemplarOf({ key, at }: { readonly key: string; readonly at: number }): string {
  if (Array.from(`key${key}`).length > LONGEST_EXEMPLAR) return '';
  return ` # {key="${escaped(key)}"} 1 ${at / 1000}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
