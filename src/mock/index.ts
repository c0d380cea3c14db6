export { createMock } from './create-mock.ts';
export type { MockEvent, MockEventKind } from './events.ts';
export type { LedgerChange, LedgerStore } from './ledger-store.ts';
export type {
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
  RouteContext,
  RouteHandler,
} from './types.ts';
