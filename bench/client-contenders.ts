import axios from 'axios';
import axiosRetry from 'axios-retry';
import got from 'got';
import ky from 'ky';
import pRetry from 'p-retry';
import { v4 } from 'uuid';
import type { Journal } from '../src/core/journal.ts';
import { createClient, memoryJournal } from '../src/index.node.ts';
import { ietf } from '../src/profiles/index.ts';

/** One way to send a payment and read its answer. */
export interface ClientContender {
  readonly name: ClientName;
  readonly send: () => Promise<unknown>;
}

export type ClientName =
  | 'bare fetch'
  | 'ky'
  | 'p-retry + ky + uuid'
  | 'axios + axios-retry'
  | 'got'
  | 'onceward, memory journal';

/** What every contender is measured against. */
export const YARDSTICK: ClientName = 'p-retry + ky + uuid';
export const OURS: ClientName = 'onceward, memory journal';

const PAYMENT = { amount: 1999, currency: 'eur', customer: 'c-1', note: 'n'.repeat(140) };

/** All that can send to `url`; `fetch` is what they call, where they call one. `got` has no such option and is left out where one is given. */
export function clientContenders(url: string, fetch?: typeof globalThis.fetch): ClientContender[] {
  const given = fetch === undefined ? {} : { fetch };
  const send = fetch ?? globalThis.fetch;
  const http = axios.create({ adapter: 'fetch', ...(fetch && { env: { fetch } }) });
  axiosRetry(http, { retries: 7 });
  const journal = memoryJournal();
  const client = onceClient(journal, fetch);
  let calls = 0;
  const contenders: ClientContender[] = [
    {
      name: 'bare fetch',
      async send() {
        const headers = { 'content-type': 'application/json', 'idempotency-key': v4() };
        const response = await send(url, { method: 'POST', headers, body: JSON.stringify(PAYMENT) });
        return (await response.json()) as unknown;
      },
    },
    {
      name: 'ky',
      send: () => ky.post(url, { json: PAYMENT, headers: { 'idempotency-key': v4() }, ...given }).json(),
    },
    {
      name: 'p-retry + ky + uuid',
      send() {
        const headers = { 'idempotency-key': v4() };
        const once = { json: PAYMENT, headers, retry: 0, timeout: false, ...given } as const;
        return pRetry(() => ky.post(url, once).json(), { retries: 7 });
      },
    },
    {
      name: 'axios + axios-retry',
      send: async () => (await http.post<unknown>(url, PAYMENT, { headers: { 'idempotency-key': v4() } })).data,
    },
    {
      name: 'onceward, memory journal',
      send: () => client.post(url, { once: ['cart', ++calls], json: PAYMENT }).json(),
    },
  ];
  if (fetch === undefined) {
    const headers = () => ({ 'idempotency-key': v4() });
    contenders.push({ name: 'got', send: () => got.post(url, { json: PAYMENT, headers: headers() }).json() });
  }
  return contenders;
}

export function onceClient(journal: Journal, fetch?: typeof globalThis.fetch): ReturnType<typeof createClient> {
  return createClient({
    owner: 'u-1',
    profile: ietf({ keyLifetime: '24h' }),
    journal,
    concurrency: 64,
    ...(fetch && { fetch }),
  });
}

/** What a server would answer, without a server. */
export const stubFetch: typeof globalThis.fetch = async () =>
  new Response(ANSWER, { status: 201, headers: { 'content-type': 'application/json' } });

export const ANSWER: string = JSON.stringify({ id: 'ch_01HZX', status: 'succeeded', note: 'n'.repeat(140) });
