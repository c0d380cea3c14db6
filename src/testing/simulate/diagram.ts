import type { Step } from './world.ts';

/** More would bury what matters: the end. */
const MOST_LINES = 60;

/** What happened, as a sequence diagram in the language of Mermaid. */
export function sequenceDiagram(steps: readonly Step[], title: string): string {
  const shown = steps.slice(-MOST_LINES);
  const lanes = [...new Set(shown.map(({ who }) => who))].filter((who) => who !== 'server');
  const lines = shown.map(({ at, who, what, way }) => {
    const text = `${time(at)} ${what}`.replaceAll(/[;#:]/g, ' ');
    if (way === 'out') return `${who}->>server: ${text}`;
    if (way === 'back') return `server-->>${who}: ${text}`;
    return `Note over ${who}: ${text}`;
  });
  return [
    '```mermaid',
    'sequenceDiagram',
    ...lanes.map((lane) => `  participant ${lane}`),
    '  participant server',
    ...(steps.length > shown.length
      ? [`  Note over server: ${steps.length - shown.length} steps before these are left out`]
      : []),
    ...lines.map((line) => `  ${line}`),
    `  Note over server: ${title.replaceAll(/[;#:]/g, ' ')}`,
    '```',
  ].join('\n');
}

function time(ms: number): string {
  if (ms < 10_000) return `${Math.round(ms)} ms`;
  if (ms < 3_600_000) return `${(ms / 1_000).toFixed(1)} s`;
  return `${(ms / 3_600_000).toFixed(1)} h`;
}
