import { setupWorker } from 'msw/browser';
import { createMock, type Fault } from '../../../src/mock/index.ts';
import { handlers } from '../../../src/mock/msw.ts';
import { type PlanRun, runPlan } from './plan-run.ts';

/** Nothing answers there but the service worker. */
const BASE = 'https://api.test';

declare global {
  /** What the page offers to the test that drives it. */
  var planInPage: (plan: readonly Fault[]) => Promise<PlanRun>;
}

const worker = setupWorker();
const started = worker.start({ quiet: true, onUnhandledFrame: 'bypass' });

globalThis.planInPage = async (plan) => {
  await started;
  worker.resetHandlers();
  return runPlan(
    plan,
    (options) => createMock({ ...options, baseUrl: BASE }),
    async (mock) => {
      worker.use(...handlers(mock));
      return { url: BASE, fetch: (input, init) => globalThis.fetch(input, init) };
    },
  );
};
