/** One line of a metric. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly exemplar?: {
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
    readonly at: number;
  };
}

const LABELS = String.raw`\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\n"])*"(?:,(?=[a-zA-Z_]))?)*)\}`;
const NUMBER = String.raw`(\d+(?:\.\d+)?)`;
const SAMPLE = new RegExp(String.raw`^([a-zA-Z_:][\w:]*)${LABELS} ${NUMBER}(?: # ${LABELS} ${NUMBER} ${NUMBER})?$`);

/** Reads a text of counters by OpenMetrics 1.0, and takes nothing that the format does not allow.
 *
 *  @throws Error naming the line */
export function parseCounters(text: string): readonly Sample[] {
  if (!text.endsWith('\n# EOF\n')) throw new Error('It has to end with # EOF and one line feed.');
  const samples: Sample[] = [];
  const families = new Set<string>();
  let family = '';
  for (const line of text.slice(0, -'# EOF\n'.length).split('\n').slice(0, -1)) {
    const [, type] = /^# TYPE ([a-z_]+) counter$/.exec(line) ?? [];
    const [, help] = /^# HELP ([a-z_]+) [^\n]+$/.exec(line) ?? [];
    if (type !== undefined) {
      if (families.has(type)) throw new Error(`A family comes twice: ${line}`);
      families.add(type);
      family = type;
    } else if (help !== undefined) {
      if (help !== family) throw new Error(`Families are mixed: ${line}`);
    } else {
      const sample = sampleIn(line);
      if (sample.name !== `${family}_total`) throw new Error(`It belongs to no family that is open: ${line}`);
      samples.push(sample);
    }
  }
  const series = samples.map(({ name, labels }) => JSON.stringify([name, labels]));
  if (new Set(series).size < series.length) throw new Error('A series comes twice.');
  return samples;
}

function sampleIn(line: string): Sample {
  const match = SAMPLE.exec(line);
  if (match === null) throw new Error(`This is no sample: ${line}`);
  const [, name = '', labels = '', value, exemplar, exemplarValue, at] = match;
  const sample = { name, labels: labelsIn(labels, line), value: Number(value) };
  if (exemplar === undefined) return sample;
  const named = labelsIn(exemplar, line);
  if (Array.from(Object.entries(named).flat().join('')).length > 128)
    throw new Error(`The exemplar is too long: ${line}`);
  return { ...sample, exemplar: { labels: named, value: Number(exemplarValue), at: Number(at) } };
}

function labelsIn(text: string, line: string): Record<string, string> {
  const pairs = [...text.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)].map(([, name = '', value = '']) => [
    name,
    value.replaceAll(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter)),
  ]);
  if (new Set(pairs.map(([name]) => name)).size < pairs.length) throw new Error(`A label comes twice: ${line}`);
  return Object.fromEntries(pairs) as Record<string, string>;
}
