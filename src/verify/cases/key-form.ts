import type { Answer } from '../../core/answer.ts';
import type { ProfileData } from '../../core/profile.ts';
import type { VerifyCase } from '../case.ts';
import { checkEffects, checkRefusal, leaks, tally } from '../checks.ts';
import type { Finding } from '../finding.ts';
import { differentResults, isServerError, say } from '../reading.ts';
import type { Round, Subject } from '../subject.ts';

export const MISSING_KEY: VerifyCase = {
  id: 'C11',
  title: 'Without a key it is refused where one is needed, else run',
  level: 'should',
  sends: 'the same request twice, without a key',
  requests: () => 2,
  async run(subject, finding) {
    const { required, missingKey } = subject.expected;
    const round: Round = { ...subject.round('C11'), carried: { kind: 'none' } };
    const one = await subject.ask(round);
    const again = await subject.ask(round);
    finding.must(
      subject.reading(one) === subject.reading(again),
      `the same request without a key: ${tally([one, again])}`,
    );
    if (checkRefusal(finding, one, 'a request without a key', missingKey)) {
      if (required === 'no') finding.warn('the profile says that no key is needed');
      await checkEffects(subject, finding, round, { expected: 0, answers: [] });
    } else if (required === 'yes' && subject.reading(one) === 'done') {
      // It endangers nobody who sends a key.
      finding.warn('a request without a key is run, where the profile says that it is refused');
    } else finding.note(`a request without a key is answered with ${say(one)}`);
  },
};

/** What stands in place of a key, by how the API carries it. */
interface Form {
  readonly what: string;
  readonly values: (key: string) => readonly string[];
  /** node:http would not send it. */
  readonly raw?: true;
}

const IN_HEADER: readonly Form[] = [
  { what: 'an empty key', values: () => [''] },
  { what: 'two keys', values: (key) => [key, `${key}-2`] },
  { what: 'a key beyond ASCII', values: (key) => [`${key}\u00e9`] },
  { what: 'a key with a control character', values: (key) => [`${key}\u0001`], raw: true },
];
const IN_BODY: readonly Form[] = [
  { what: 'an empty key', values: () => ['""'] },
  { what: 'a key that is a number', values: () => ['12345678'] },
  { what: 'a key beyond ASCII', values: (key) => [JSON.stringify(`${key}\u00e9`)] },
  { what: 'a key with a control character', values: (key) => [JSON.stringify(`${key}\u0001`)] },
];
const QUOTED: Form = { what: 'a key in quotes (a structured field string)', values: (key) => [`"${key}"`] };
const BARE: Form = { what: 'a key without quotes', values: (key) => [key] };

function formsOf({ carrier }: ProfileData): readonly Form[] {
  if (carrier.kind === 'json-body') return IN_BODY;
  return [carrier.encoding === 'sf-string' ? BARE : QUOTED, ...IN_HEADER];
}

export const SYNTAX: VerifyCase = {
  id: 'C12',
  title: 'A malformed key is refused, or honoured: never an error, never silently ignored',
  level: 'must',
  sends: 'each malformed key twice: in quotes, empty, two at once, beyond ASCII, with a control character',
  requests: ({ profile }) => formsOf(profile).length * 2,
  async run(subject, finding) {
    for (const form of formsOf(subject.settled.profile)) await checkForm(subject, finding, form);
  },
};

async function checkForm(subject: Subject, finding: Finding, { what, values, raw }: Form): Promise<void> {
  const fresh = subject.round('C12');
  const round: Round = { ...fresh, carried: { kind: 'raw', values: values(fresh.key) } };
  const ask = (): Promise<Answer> => (raw === undefined ? subject.ask(round) : subject.askRaw(round));
  const answers = [await ask(), await ask()];
  const readings = answers.map((answer) => subject.reading(answer));
  const failed = answers.find(isServerError);
  if (failed !== undefined) return finding.fail(`${what} is answered with ${say(failed)}`);
  if (readings.every((reading) => reading === 'done')) return honoured(subject, finding, { what, round, answers });
  if (readings.includes('done')) return finding.fail(`${what} is accepted and refused: ${tally(answers)}`);
  finding.note(`${what}: ${answers.map(say).join(', ')}`);
  return checkEffects(subject, finding, round, { expected: 0, answers: [] });
}

interface Taken {
  readonly what: string;
  readonly round: Round;
  readonly answers: readonly Answer[];
}

/** It was taken for a key, or it was overlooked and the request was run each time. */
async function honoured(subject: Subject, finding: Finding, { what, round, answers }: Taken): Promise<void> {
  const { required } = subject.expected;
  const { count } = await subject.effects(round, 1, answers);
  if (count > 1 || differentResults(answers, subject.settled.profile) > 1) {
    const text = `${what} is ignored: the request is run each time`;
    if (required === 'yes') finding.fail(text);
    else finding.warn(text);
  } else if (what === 'an empty key') finding.fail('an empty key is a key: everybody who sends it shares it');
  else if (what === 'two keys') finding.warn('two keys in one request are accepted');
  else finding.note(`${what} is honoured`);
}

/** Characters. Databases have columns of 36, 64, 255 and 256. */
const LENGTHS = [36, 64, 255, 256, 1000, 8000];

export const LENGTH: VerifyCase = {
  id: 'C13',
  title: 'Long keys are told apart to their last character, or refused',
  level: 'profile',
  sends: 'two requests with keys that differ in their last character, for lengths of 1 to 8000',
  requests: () => (LENGTHS.length + 2) * 2,
  async run(subject, finding) {
    const { keyLimit, uuidOnly } = subject.expected;
    if (uuidOnly) {
      finding.note('keys are UUIDs here: all of one length');
      await tooLong(subject, finding, 1000);
      return;
    }
    // It may have been used by an earlier run.
    const one = await subject.ask(subject.round('C13', Math.floor(subject.random() * 36).toString(36)));
    if (isServerError(one)) finding.fail(`a key of 1 character is answered with ${say(one)}`);
    for (const length of [...new Set([...LENGTHS, keyLimit])].toSorted((less, more) => less - more)) {
      if (length <= keyLimit) await twins(subject, finding, length);
      else await tooLong(subject, finding, length);
    }
  },
};

/** Both are new keys. */
async function twins(subject: Subject, finding: Finding, length: number): Promise<void> {
  const prefix = keyOf(length);
  const [one, other] = ['a', 'b'].map((last) => subject.round('C13', `${prefix.slice(0, -1)}${last}`));
  if (one === undefined || other === undefined) return;
  const stored = await subject.ask(one);
  if (isServerError(stored)) return finding.fail(`a key of ${length} characters is answered with ${say(stored)}`);
  if (subject.reading(stored) !== 'done') {
    return finding.warn(
      `a key of ${length} characters gets ${say(stored)}; the profile says up to ${subject.expected.keyLimit}`,
    );
  }
  return toldApart(subject, finding, { length, stored, one, other });
}

async function tooLong(subject: Subject, finding: Finding, length: number): Promise<void> {
  const prefix = keyOf(length);
  const [one, other] = ['a', 'b'].map((last) => subject.round('C13', `${prefix.slice(0, -1)}${last}`));
  if (one === undefined || other === undefined) return;
  const stored = await subject.ask(one);
  if (isServerError(stored)) return finding.fail(`a key of ${length} characters is answered with ${say(stored)}`);
  if (subject.reading(stored) === 'done') return toldApart(subject, finding, { length, stored, one, other });
  finding.note(`a key of ${length} characters gets ${say(stored)}`);
  return checkEffects(subject, finding, one, { expected: 0, answers: [] });
}

interface Twins {
  readonly length: number;
  readonly stored: Answer;
  readonly one: Round;
  readonly other: Round;
}

async function toldApart(subject: Subject, finding: Finding, { length, stored, one, other }: Twins): Promise<void> {
  const answer = await subject.ask(other);
  const apart = subject.isNew(answer) && !leaks(subject, answer, stored);
  if (
    !finding.must(
      apart,
      `of two keys of ${length} characters that differ in the last one the second gets ${say(answer)}: they are taken for one`,
    )
  )
    return;
  await checkEffects(subject, finding, one, { answers: [stored] });
  await checkEffects(subject, finding, other, { answers: [answer] });
}

/** Random, of one length. */
function keyOf(length: number): string {
  return crypto.randomUUID().padEnd(length, '0').slice(0, length);
}

export const LETTER_CASE: VerifyCase = {
  id: 'C14',
  title: 'Keys that differ in upper and lower case are two keys',
  level: 'may',
  sends: 'two requests with keys that differ in the case of their letters',
  requests: () => 2,
  async run(subject, finding) {
    if (subject.expected.uuidOnly) {
      finding.skip('keys are UUIDs here, whose case means nothing');
      return;
    }
    const key = `k${crypto.randomUUID().slice(0, 30)}`;
    const lower = subject.round('C14', key);
    const upper = subject.round('C14', key.toUpperCase());
    const stored = await subject.ask(lower);
    const answer = await subject.ask(upper);
    if (leaks(subject, answer, stored)) finding.fail('a key in upper case gets the result of the one in lower case');
    else if (subject.isNew(stored) && !subject.isNew(answer)) {
      finding.warn(`after a key in lower case the same in upper case gets ${say(answer)}`);
    } else {
      await checkEffects(subject, finding, lower, { answers: [stored] });
      await checkEffects(subject, finding, upper, { answers: [answer] });
    }
    if (subject.settled.profile.carrier.kind === 'header') finding.note('spaces around a header are no part of it');
  },
};
