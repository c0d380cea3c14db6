import type { VerifyCase } from '../case.ts';
import { ACCEPTED } from './accepted.ts';
import { DISCONNECT, HALF_UPLOAD, ZOMBIE } from './broken-connections.ts';
import { CACHES } from './caches.ts';
import { CONCURRENT, IN_PROGRESS } from './concurrent.ts';
import { CRASH, LONG_RUN, RESTART } from './crashes.ts';
import { CLIENT_ERROR, SERVER_ERROR } from './errors.ts';
import { FIRST } from './first.ts';
import { LENGTH, LETTER_CASE, MISSING_KEY, SYNTAX } from './key-form.ts';
import { LIFETIME } from './lifetime.ts';
import { EQUAL_BODY, OTHER_BODY, OTHER_PLACE } from './mismatch.ts';
import { REPLAY, REPLAY_HEADERS } from './replay.ts';
import { SOAK } from './soak.ts';
import { TENANTS } from './tenants.ts';

/** In order: C01 first, the others build on it. */
export const CASES: readonly VerifyCase[] = [
  FIRST,
  REPLAY,
  REPLAY_HEADERS,
  CLIENT_ERROR,
  SERVER_ERROR,
  CONCURRENT,
  IN_PROGRESS,
  OTHER_BODY,
  OTHER_PLACE,
  EQUAL_BODY,
  MISSING_KEY,
  SYNTAX,
  LENGTH,
  LETTER_CASE,
  TENANTS,
  LIFETIME,
  DISCONNECT,
  HALF_UPLOAD,
  CRASH,
  LONG_RUN,
  ZOMBIE,
  RESTART,
  ACCEPTED,
  CACHES,
  SOAK,
];
