import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { Answer } from '../../src/core/answer.ts';
import { type Decision, decide } from '../../src/core/decide.ts';
import { InDoubtError } from '../../src/core/errors/in-doubt-error.ts';
import { type Observation, observe } from '../../src/core/observe.ts';
import { observeTarget } from '../../src/core/observe-target.ts';
import type { StatePart } from '../../src/core/record.ts';
import type { Target } from '../../src/core/target.ts';
import type { InDoubtReason } from '../../src/core/types.ts';
import { DAY, facts, failure, generic, html, json, NOW, operation, response } from '../core/support/rules.ts';

const PAGE = '../../docs/semantics.md';
const PROBLEM = { 'content-type': 'application/problem+json' };
const TO = { location: '/v2/charges' };
const http = (section: string) => `[RFC 9110 ${section}](https://www.rfc-editor.org/rfc/rfc9110#section-${section})`;
const timeline = (name: string) => `timeline ${name}`;

interface Row {
  readonly says: string;
  readonly answer: Answer;
  readonly why: string;
  readonly state?: Partial<StatePart>;
  readonly accepted?: 'monitor' | 'reask' | 'final';
}

const equal = (answer: Answer, count: number): Partial<StatePart> => {
  // The digest is the loop's business: judged once, it stands in the record.
  const decision = decide(operation(), answer, seen(answer, true), facts());
  const { streak } = 'progress' in decision ? decision.progress : {};
  return streak ? { streak: { ...streak, count } } : {};
};
const cut = response(200, { 'content-type': 'application/json' }, '{"id":"ch');
const error = json(500, { error: 'x' });

const ANSWERS: readonly Row[] = [
  { says: 'no answer: refused, reset, timed out, aborted, cut short', answer: failure, why: timeline('B12') },
  { says: '200 or 201, whole', answer: json(201, {}), why: http('15.3') },
  {
    says: '204, or an empty body whatever its type',
    answer: response(201, { 'content-type': 'application/json' }),
    why: timeline('M3'),
  },
  { says: '200 with HTML nobody asked for', answer: html(200), why: `a captive portal's page, ${timeline('M2')}` },
  { says: '206, 207', answer: json(206, {}), why: `part of an answer, ${http('15.3.7')}` },
  { says: 'the eighth such answer in a row', answer: html(200), state: { unreadable: 7 }, why: timeline('M2') },
  {
    says: 'JSON that does not parse',
    answer: cut,
    why: 'fetch resolves bodies that were cut short: gzip, and those that end with the connection',
  },
  {
    says: 'the same bytes once more',
    answer: cut,
    state: equal(cut, 1),
    why: `so it is the answer, ${timeline('M3')}`,
  },
  { says: "202, `accepted: 'reask'`", answer: json(202, {}, { 'retry-after': '2' }), why: http('15.3.3') },
  {
    says: 'the same 202 again, which names neither a place nor a wait',
    answer: json(202, {}),
    state: equal(json(202, {}), 1),
    why: timeline('M4'),
  },
  {
    says: "202 with Operation-Location or Location, `accepted: 'monitor'`",
    answer: json(202, {}, { location: '/operations/1' }),
    accepted: 'monitor',
    why: timeline('M4'),
  },
  { says: "202, `accepted: 'final'`", answer: json(202, {}), accepted: 'final', why: timeline('M4') },
  { says: '301, 302', answer: response(301, TO), why: `clients turn POST into GET on these, ${http('15.4.2')}` },
  { says: '303', answer: response(303, TO), why: http('15.4.4') },
  { says: '307, 308, same origin', answer: response(307, TO), why: `stored first, ${timeline('M22')}` },
  {
    says: '307, 308, another origin',
    answer: response(307, { location: 'https://other.example/' }),
    why: 'the body would go to strangers',
  },
  {
    says: "a browser's opaque redirect",
    answer: response(0),
    why: 'status and address are hidden: Fetch standard, `redirect: manual`',
  },
  { says: '400 402 404 405 410 413 415 422', answer: json(422, {}), why: timeline('B2') },
  { says: 'the same as HTML', answer: html(404), why: `a proxy's page, ${timeline('B2')}` },
  { says: '403 and other 4xx', answer: json(403, {}), why: `a firewall may say it, ${timeline('B2')}` },
  { says: '401, 407', answer: json(401, {}), why: timeline('M12') },
  {
    says: '408 421 425 429',
    answer: json(429, {}),
    why: `proxies say it after they passed the request on, ${timeline('M11')}`,
  },
  {
    says: '409 as a problem, or with Retry-After',
    answer: json(409, {}, PROBLEM),
    why: 'the IETF draft: the first request is outstanding',
  },
  { says: '409 that nobody named', answer: json(409, {}), why: timeline('B2') },
  {
    says: 'the same for two minutes',
    answer: json(409, {}),
    state: { inProgressSince: NOW - 120_000 },
    why: 'a lock that was left behind',
  },
  {
    says: 'two minutes of a named one',
    answer: json(409, {}, PROBLEM),
    state: { inProgressSince: NOW - 120_000 },
    why: 'a lock that was left behind',
  },
  {
    says: "422 titled 'Idempotency-Key is already used'",
    answer: json(422, { title: 'Idempotency-Key is already used' }, PROBLEM),
    why: `the IETF draft; not any 422, ${timeline('M1')}`,
  },
  {
    says: "400 titled 'Idempotency-Key is missing'",
    answer: json(400, { title: 'Idempotency-Key is missing' }, PROBLEM),
    why: 'something on the way drops the key',
  },
  { says: '4xx marked as a replay', answer: json(422, {}, { 'idempotent-replayed': 'true' }), why: timeline('B2') },
  { says: '500', answer: error, why: timeline('M11') },
  {
    says: 'the eighth equal 500 in a row',
    answer: error,
    state: equal(error, 7),
    why: 'a stored error without a marker looks like this',
  },
  { says: '502 503 504 and other 5xx', answer: json(503, {}), why: `an outage, ${http('15.6.4')}` },
  {
    says: '5xx marked as a replay',
    answer: json(500, {}, { 'idempotent-replayed': 'true' }),
    why: 'asking again repeats it for ever',
  },
  { says: '501', answer: json(501, {}), why: http('15.6.2') },
];

const QUESTIONS: readonly (readonly [says: string, target: Target['kind'], answer: Answer, why: string])[] = [
  ['202, or a running status', 'monitor', json(200, { status: 'running' }), timeline('M4')],
  [
    'a status nobody knows',
    'operation',
    json(200, { status: 'reviewing' }),
    "Azure's guidelines: what is not terminal is running",
  ],
  ['a status nobody knows', 'monitor', json(200, { status: 'paid' }), '`Location` may be the resource itself'],
  ['succeeded, or 200 without a status', 'monitor', json(200, { id: 1 }), timeline('M4')],
  [
    'failed',
    'operation',
    json(200, { status: 'Failed' }),
    "a rejection only where the profile's `monitorFailure` says so",
  ],
  ['303', 'monitor', response(303, TO), http('15.4.4')],
  ['404, 410', 'monitor', json(404, {}), 'once; after that the monitor is lost'],
  ['401, 407', 'monitor', json(401, {}), timeline('M12')],
  [
    '429, 5xx, no answer',
    'monitor',
    json(503, {}),
    'a monitor is asked for as long as it takes, no sooner than it says',
  ],
  ['other 4xx', 'monitor', json(400, {}), ''],
  ['202', 'result', json(202, {}), 'no result: what the 303 pointed to is a monitor'],
  ['other 2xx', 'result', json(200, {}), http('15.4.4')],
  ['4xx', 'result', json(404, {}), 'it was done; the result is gone'],
  ['what the profile wants to see', 'recovery', json(200, { data: [{ id: 1 }] }), 'GoCardless, PayPal, Increase'],
  [
    'anything else',
    'recovery',
    json(200, { data: [] }),
    'nothing found proves nothing: a copy may still be on its way',
  ],
];

function seen(answer: Answer, first: boolean, accepted: Row['accepted'] = 'reask'): Observation {
  return observe(answer, generic, { first, acceptsHtml: false, accepted });
}

function effectOf(observation: Observation): string {
  switch (observation.means) {
    case 'success':
    case 'done':
      return 'done';
    case 'rejection':
      return 'none';
    case 'unauthorized':
      return 'as before';
    case 'redirect':
      return observation.kind === 'redirect' ? 'as before' : 'possible';
    default:
      return 'possible';
  }
}

function nextOf(decision: Decision): string {
  switch (decision.next) {
    case 'finish':
      return decision.redirectedTo === undefined ? decision.state : 'RedirectError';
    case 'doubt':
      return `in doubt: \`${decision.reason}\``;
    case 'unsent':
      return 'not sent';
    case 'reauthorize':
      return '`authorize` again, at once; then parked';
    case 'recover':
      return 'GET what proves it';
    case 'park':
      return 'parked';
    case 'again':
      if (decision.target === null) return 'the request again, same key';
      if (decision.target === undefined) return decision.waiting === 'accepted' ? 'ask again' : 'again, same key';
      return decision.target.kind === 'redirect' ? 'the same, there' : 'GET there';
  }
}

function reading(row: Row, first: boolean): string {
  const observation = seen(row.answer, first, row.accepted);
  const decision = decide(operation(row.state), row.answer, observation, facts({ possible: true }));
  return `${decidedEffect(decision) ?? effectOf(observation)}; ${nextOf(decision)}`;
}

/** A second equal answer ends what the first left open. */
function decidedEffect(decision: Decision): string | undefined {
  if (decision.next !== 'finish') return undefined;
  return decision.state === 'succeeded' ? 'done' : 'none';
}

function answersTable(): string {
  const rows = ANSWERS.map((row) => {
    const [first, later] = [reading(row, true), reading(row, false)];
    return [row.says, first, later === first ? 'the same' : later, row.why];
  });
  return table(['answer', 'first', 'later', 'source, or what went wrong'], rows);
}

function questionsTable(): string {
  const recover = { url: '{path}?key={key}', accept: { json: { path: 'data.*.id' } }, when: 'doubt' } as const;
  const rows = QUESTIONS.map(([says, kind, answer, why]) => {
    const target: Target = {
      kind,
      url: 'https://api.example/operations/1',
      ...(kind === 'recovery' && { reason: 'clock' }),
    };
    const observation = observeTarget(answer, target, { ...generic, recover });
    const next = nextOf(decide(operation({ target }), answer, observation, facts()));
    const asked = kind === 'recovery' && next.startsWith('in doubt') ? 'in doubt, for the reason it had' : next;
    return [kind, says, `${effectOf(observation)}; ${asked}`, why];
  });
  return table(['asked', 'answer', 'means', 'source'], rows);
}

function timeTable(): string {
  const again: Observation = { means: 'again', because: 'unavailable' };
  const inProgress: Observation = { means: 'in-progress', named: true };
  const wait = (attempts: number, observation: Observation = again, headers: Record<string, string> = {}): string => {
    const decision = decide(operation({ attempts }), response(503, headers), observation, facts({ fraction: 1 }));
    if (decision.next === 'park') return `parked for ${((decision.dueAt ?? NOW) - NOW) / 1000} s`;
    return decision.next === 'again' ? `${decision.wait / 1000} s` : nextOf(decision);
  };
  const late = decide(operation({}, { deadline: NOW + 500 }), failure, again, facts({ fraction: 1, age: 1 }));
  const asksLong = (age: number) =>
    decide(operation(), response(503, { 'retry-after': '80000' }), again, facts({ age }));
  return table(
    ['after', 'at most'],
    [
      ...[1, 2, 3, 4, 5, 6, 7].map((attempts) => [`attempt ${attempts}`, wait(attempts)]),
      ['attempt 8 and all later ones', wait(8)],
      ['`in progress`, however often', wait(30, inProgress)],
      ['`Retry-After: 60`', wait(1, again, { 'retry-after': '60' })],
      ['`Retry-After: 61`', wait(1, again, { 'retry-after': '61' })],
      ['`Retry-After: 1.5`, `-1`, ` soon`, more than nine digits', wait(1, again, { 'retry-after': '9999999999' })],
      ['`Retry-After: 80000`, a key of two hours, kept for a day', nextOf(asksLong(DAY / 12))],
      ['a wait that would pass the deadline', nextOf(late)],
    ],
  );
}

const REASONS: Readonly<Record<InDoubtReason, true>> = {
  'key-expired': true,
  clock: true,
  'stored-error': true,
  'key-mismatch': true,
  'monitor-lost': true,
  stuck: true,
  'not-repeatable': true,
  'unproved-rejection': true,
  deadline: true,
  'unreadable-response': true,
  redirect: true,
};

function doubtTable(): string {
  const rows = (Object.keys(REASONS) as InDoubtReason[]).map((reason) => {
    const said = new InDoubtError(reason, 'cart/1').message;
    return [`\`${reason}\``, said.slice(said.indexOf('): ') + 3, said.indexOf('. Nothing more'))];
  });
  return table(['reason', 'what its error says'], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

test('the tables are what the rules do', async () => {
  const tables: Readonly<Record<string, () => string>> = {
    answers: answersTable,
    questions: questionsTable,
    time: timeTable,
    doubt: doubtTable,
  };
  const page = await readFile(new URL(PAGE, import.meta.url), 'utf8');
  const written = page.replace(
    /(<!-- table: (\w+) -->\n)[^]*?(?=<!-- end -->)/g,
    (_, marker: string, name: string) => `${marker}\n${tables[name]?.() ?? `no table ${name}`}\n\n`,
  );
  await expect(written).toMatchFileSnapshot(PAGE);
});
