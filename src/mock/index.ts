export { createMock } from './create-mock.ts';
export type { MockEvent, MockEventKind } from './events.ts';
export type { LedgerChange, LedgerStore } from './ledger-store.ts';
export type {
  ChaosOptions,
  CrashPoint,
  Delivery,
  Execution,
  Fault,
  FaultKind,
  LedgerEntry,
  LogLine,
  LogOutcome,
  Mock,
  MockOptions,
  NamedPlan,
  RouteContext,
  RouteHandler,
} from './types.ts';
