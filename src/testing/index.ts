export { crash } from './crash.ts';
export { createTestClient, type TestClient, type TestClientOptions } from './create-test-client.ts';
export type { JournalContractOptions } from './journal-contract/options.ts';
export { journalContract } from './journal-contract.ts';
export { type MatcherResult, type MockMatchers, matchers } from './matchers.ts';
export {
  type SimulatedPorts,
  type SimulatedViolation,
  type SimulateOptions,
  type Simulation,
  simulate,
} from './simulate.ts';
export { timeline } from './timeline.ts';
