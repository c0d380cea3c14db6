import { adyen } from '../../src/profiles/adyen.ts';
import { gocardless } from '../../src/profiles/gocardless.ts';
import { ietf, type Profile, stripeV1 } from '../../src/profiles/index.ts';
import { paypal } from '../../src/profiles/paypal.ts';
import { square } from '../../src/profiles/square.ts';

/** An answer as it goes over the wire. */
export interface Wire {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Something that an API says without having done anything. `kept`: under the key. */
export interface Said {
  readonly answer: Wire;
  readonly kept: boolean;
}

/** What the documentation leaves open, and each server decides for itself. */
export interface Habits {
  readonly keepsRefusals: boolean;
  readonly keepsErrors: boolean;
  readonly marksReplays: boolean;
}

/** How a server that is what its profile says talks. */
export interface Dialect {
  readonly profile: Profile;
  readonly path: string;
  /** How long it remembers a key, in milliseconds: no longer than it promised. */
  readonly lifetime: number;
  readonly success: readonly Wire[];
  readonly refusals: readonly Said[];
  /** Server errors. */
  readonly errors: readonly Said[];
  readonly busy: readonly Wire[];
  /** From before the layer that knows keys: nothing was done, nothing is kept. */
  readonly overload: readonly Wire[];
  /** How what is kept is told again. */
  replayed(kept: Wire, word: number): Wire;
  /** What GET tells of the resource that a success makes. */
  readonly resource?: (path: string, exists: boolean) => Wire | undefined;
  /** A success may be a 202 with the address of a monitor. */
  readonly jobs: boolean;
  /** It answers with redirects. */
  readonly redirects: boolean;
}

const JSON_TYPE = { 'content-type': 'application/json' };
export const wire = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Wire => ({
  status,
  headers: { ...JSON_TYPE, ...headers },
  body: JSON.stringify(value),
});
const said = (kept: boolean, ...answers: readonly Wire[]): Said[] => answers.map((answer) => ({ answer, kept }));
const HOUR = 3_600_000;
const RESULT = { id: 'R1', amount: 1 };
/** Cut short in the server: kept, and told again as it is. */
const CUT: Wire = { status: 201, headers: JSON_TYPE, body: '{"id":"R' };
const LIMITED = [wire(429, {}), wire(503, {}), wire(408, {}), wire(425, {})];
/** A gateway in front of the API. */
const GATEWAY = said(false, wire(502, {}), wire(503, {}), wire(504, {}));

function marked(answer: Wire, header: string): Wire {
  return { ...answer, headers: { ...answer.headers, [header]: 'true' } };
}

function draft(profile: Profile, habits: Habits, more: Partial<Dialect> = {}): Dialect {
  const { stores, rejections } = profile.data;
  const kept = stores.clientErrors === 'yes' || habits.keepsRefusals;
  const proof = (status: number): boolean => stores.clientErrors === 'yes' && rejections.later.includes(status);
  return {
    profile,
    path: '/payments',
    lifetime: 24 * HOUR,
    success: [wire(201, RESULT), wire(200, RESULT, { 'idempotent-replayed': 'false' }), wire(202, RESULT), CUT],
    refusals: [400, 402, 403, 404, 405, 410, 412, 413, 415, 422, 423].map((status) => ({
      answer: wire(status, { no: status }),
      kept: proof(status) || kept,
    })),
    errors: [...said(habits.keepsErrors, wire(500, {}), wire(500, { error: 'x' })), ...GATEWAY],
    busy: [
      wire(409, { title: 'outstanding' }, { 'content-type': 'application/problem+json' }),
      wire(409, {}, { 'retry-after': '1' }),
    ],
    overload: LIMITED,
    replayed: (answer, word) =>
      habits.marksReplays && word % 2 === 0 ? marked(answer, 'idempotent-replayed') : answer,
    jobs: false,
    redirects: true,
    ...more,
  };
}

const stripe = (): Dialect => ({
  ...draft(stripeV1, { keepsRefusals: true, keepsErrors: true, marksReplays: true }),
  path: '/v1/charges',
  success: [wire(200, RESULT, { 'original-request': 'req_1' })],
  refusals: [
    ...said(
      true,
      wire(402, { error: { code: 'card_declined', type: 'card_error' } }, { 'original-request': 'req_1' }),
      wire(402, { error: { code: 'card_declined', type: 'card_error' } }),
      wire(400, { error: { type: 'invalid_request_error' } }, { 'original-request': 'req_1' }),
    ),
    // Raised before the layer.
    ...said(false, wire(400, { error: { type: 'invalid_request_error' } }), wire(404, { error: {} })),
  ],
  errors: [
    ...said(true, wire(500, { error: { type: 'api_error' } }, { 'stripe-should-retry': 'false' })),
    ...said(true, wire(500, { error: { type: 'api_error' } })),
    ...GATEWAY,
  ],
  busy: [wire(409, { error: { code: 'idempotency_key_in_use' } }, { 'stripe-should-retry': 'true' })],
  overload: [wire(429, { error: { code: 'rate_limit' } }), wire(429, { error: { code: 'lock_timeout' } })],
  replayed: (answer) => marked(answer, 'idempotent-replayed'),
  redirects: false,
});

/** A replay is a conflict that names what was made. */
const goCardless = (habits: Habits): Dialect => {
  const conflict = (id: string | undefined): Wire =>
    wire(409, {
      error: {
        type: 'invalid_state',
        errors: [{ reason: 'idempotent_creation_conflict', ...(id && { links: { conflicting_resource_id: id } }) }],
      },
    });
  return {
    ...draft(gocardless.with({ keyLifetime: '24h' }), habits),
    success: [wire(201, { payments: RESULT })],
    refusals: said(
      false,
      wire(422, { error: { type: 'validation_failed' } }),
      wire(400, { error: {} }),
      wire(409, { error: { type: 'invalid_state', errors: [{ reason: 'other' }] } }),
    ),
    errors: said(false, wire(500, {}), wire(503, {})),
    busy: [wire(409, { error: { type: 'other' } })],
    replayed: (_, word) => conflict(word % 4 === 0 ? undefined : 'R1'),
    resource: (path, exists) => (path === '/payments/R1' ? wire(exists ? 200 : 404, { payments: RESULT }) : undefined),
    redirects: false,
  };
};

const ADYEN_KEY = { 'idempotency-key': 'k' };
const TRANSIENT = { 'transient-error': 'true' };
const adyenCheckout = (habits: Habits): Dialect => ({
  ...draft(adyen, habits),
  path: '/v71/payments',
  lifetime: 7 * 24 * HOUR,
  success: [wire(200, RESULT, ADYEN_KEY)],
  refusals: [
    ...said(true, wire(422, { errorCode: '101' }, ADYEN_KEY)),
    ...said(false, wire(400, { errorCode: '702' }), wire(403, { errorCode: '010' })),
  ],
  errors: [
    ...said(true, wire(500, { errorCode: '905' }, ADYEN_KEY)),
    ...said(false, wire(500, { errorCode: '000' }, TRANSIENT), wire(503, { errorCode: '703' })),
  ],
  busy: [
    wire(409, { errorCode: '704' }, { ...ADYEN_KEY, ...TRANSIENT }),
    wire(422, { errorCode: '704' }, { ...ADYEN_KEY, ...TRANSIENT }),
    wire(422, { errorCode: '704' }, ADYEN_KEY),
  ],
  overload: [wire(429, {}), wire(429, {}, TRANSIENT), wire(503, { errorCode: '703' })],
  replayed: (answer) => answer,
  redirects: false,
});

const ORDER = '/v2/checkout/orders/O1';
const issue = (status: number, name: string): Wire => wire(status, { details: [{ issue: name }] });
const payPal = (habits: Habits): Dialect => ({
  ...draft(paypal, habits),
  path: `${ORDER}/capture`,
  lifetime: 6 * HOUR,
  success: [wire(201, { id: 'O1', status: 'COMPLETED' })],
  refusals: said(habits.keepsRefusals, issue(422, 'INSTRUMENT_DECLINED'), issue(403, 'NOT_AUTHORIZED'), wire(404, {})),
  errors: said(false, wire(500, {}), wire(503, {})),
  busy: [issue(409, 'PREVIOUS_REQUEST_IN_PROGRESS'), issue(422, 'ORDER_COMPLETION_IN_PROGRESS')],
  replayed: (answer, word) => {
    if (answer.status !== 201) return answer;
    return word % 3 === 0 ? issue(422, 'ORDER_ALREADY_CAPTURED') : { ...answer, status: 200 };
  },
  resource: (path, exists) =>
    path === ORDER ? wire(200, { id: 'O1', status: exists ? 'COMPLETED' : 'APPROVED' }) : undefined,
  redirects: false,
});

/** The key in the body. */
const squarePayments = (habits: Habits): Dialect => ({
  ...draft(square.with({ keyLifetime: '24h' }), habits),
  path: '/v2/payments',
  success: [wire(200, { payment: RESULT })],
  refusals: said(
    habits.keepsRefusals,
    ...[400, 402, 404, 422].map((status) => wire(status, { errors: [{ code: 'GENERIC_DECLINE' }] })),
  ),
  busy: [wire(409, { errors: [{ code: 'CONFLICT' }] })],
  overload: [wire(429, {}), wire(400, { errors: [{ code: 'TEMPORARY_ERROR' }] })],
  replayed: (answer) => answer,
  redirects: false,
});

const monitored = ietf({ keyLifetime: '24h', accepted: 'monitor' });

export const DIALECTS: Readonly<Record<string, (habits: Habits) => Dialect>> = {
  ietf: (habits) => draft(ietf({ keyLifetime: '24h' }), habits),
  'ietf, conflict final': (habits) => {
    const dialect = draft(ietf({ keyLifetime: '24h', conflict: 'final' }), habits);
    const { refusals } = dialect;
    return { ...dialect, refusals: [...refusals, ...said(habits.keepsRefusals, wire(409, { no: 'stock' }))] };
  },
  'ietf, keeps 4xx': (habits) => draft(ietf({ keyLifetime: '24h', storesClientErrors: true }), habits),
  'ietf, monitors': (habits) => draft(monitored, habits, { jobs: true }),
  // An API that promises: what failed did not happen.
  'ietf, monitors that prove': (habits) =>
    draft({ ...monitored, data: { ...monitored.data, monitorFailure: 'rejected' } }, habits, { jobs: true }),
  stripe,
  gocardless: goCardless,
  adyen: adyenCheckout,
  paypal: payPal,
  square: squarePayments,
};
