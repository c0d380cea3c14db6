import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, headerOf, jsonOf, type ResponseAnswer } from '../../core/answer.ts';
import type { VerifyCase } from '../case.ts';
import { checkEffects, checkEnds, tally } from '../checks.ts';
import type { Finding } from '../finding.ts';
import { isResponse, say } from '../reading.ts';
import type { Subject } from '../subject.ts';

const MONITORS = ['operation-location', 'azure-asyncoperation', 'location'];

export const ACCEPTED: VerifyCase = {
  id: 'C23',
  title: 'A 202 leads to the end of the same operation, however often it is asked for',
  level: 'profile',
  sends: 'a request and repeats of it, and asks the monitor that a 202 names until it ends',
  requests: () => 10,
  async run(subject, finding) {
    const { hooks } = subject.settled;
    const round = subject.round('C23');
    await subject.busy(round);
    const answers = await subject.volley(round, hooks.slow === undefined ? 1 : 2);
    const accepted = answers.filter(isResponse).find(({ status }) => status === 202);
    if (accepted === undefined) {
      finding.skip(`nothing is answered with 202 here (${tally(answers)})`);
      return;
    }
    const monitor = monitorOf(subject, accepted);
    if (monitor === undefined) finding.note('its 202 names no monitor on its own origin');
    else await checkMonitor(subject, finding, monitor);
    const last = await checkEnds(subject, finding, round);
    if (last.kind === 'response' && last.status === 202 && monitor !== undefined) {
      const again = monitorOf(subject, last);
      finding.must(again?.href === monitor.href, 'a repeat of what was accepted names another operation');
    }
    await checkEffects(subject, finding, round, { answers: [...answers, last] });
  },
};

/** Credentials go along, so no other origin is asked. */
function monitorOf(subject: Subject, answer: ResponseAnswer): URL | undefined {
  const { url } = subject.settled;
  const named = MONITORS.map((name) => headerOf(answer, name)).find((location) => location !== undefined);
  if (named === undefined || !URL.canParse(named, url)) return undefined;
  const monitor = new URL(named, url);
  return monitor.origin === url.origin ? monitor : undefined;
}

async function checkMonitor(subject: Subject, finding: Finding, monitor: URL): Promise<void> {
  const { patience, pause } = subject.settled.limits;
  const end = performance.now() + patience;
  for (let wait = 20; performance.now() < end; wait *= 2) {
    const answer = await subject.get(monitor);
    if (answer.kind === 'response' && answer.status >= 400) {
      finding.fail(`the monitor answers with ${answer.status}`);
      return;
    }
    if (hasEnded(answer)) {
      finding.note(`the monitor ends with ${say(answer)}`);
      return;
    }
    await sleep(Math.min(wait, pause));
  }
  finding.fail('the monitor comes to no end');
}

function hasEnded(answer: Answer): boolean {
  if (answer.kind === 'failure' || answer.status === 202) return false;
  const state = (jsonOf(answer) as { readonly status?: unknown } | undefined)?.status;
  return (
    typeof state !== 'string' ||
    !/^(?:running|not ?started|pending|in[ _-]?progress|processing|accepted|queued)$/i.test(state)
  );
}
