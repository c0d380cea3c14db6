import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { eventsAnswer } from '../../src/mock/control-events.ts';
import { EventLog } from '../../src/mock/events.ts';
import { createMock, type Mock, type MockEvent } from '../../src/mock/index.ts';
import { type Listening, listen } from '../../src/mock/node.ts';
import { post } from './support/transports.ts';

let mock: Mock;
let listening: Listening;

beforeEach(async () => {
  mock = createMock();
  listening = await listen(mock);
});

afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await listening.close();
});

async function charge(key: string): Promise<void> {
  await (await fetch(`${listening.url}/charges`, post({}, { 'idempotency-key': key }))).text();
}

interface Stream {
  readonly response: Response;
  /** The next `count` events. */
  next(count: number): Promise<MockEvent[]>;
  text(): string;
  /** Resolves when the server has ended it. */
  end(): Promise<void>;
  hangUp(): Promise<void>;
}

async function stream(query = '', headers: Record<string, string> = {}): Promise<Stream> {
  const url = `${listening.url}/__onceward/events${query}`;
  const response = await fetch(url, { headers: { accept: 'text/event-stream', ...headers } });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  let taken = 0;
  const events = (): MockEvent[] =>
    [...text.matchAll(/^id: (\d+)\ndata: (.*)\n\n/gm)].map(([, id, data]) => {
      const event = JSON.parse(data ?? '') as MockEvent;
      expect(`${event.id}`).toBe(id);
      return event;
    });
  const read = async (): Promise<boolean> => {
    const { done = true, value = '' } = (await reader?.read()) ?? {};
    text += value;
    return done;
  };
  return {
    response,
    async next(count) {
      while (events().length < taken + count && !(await read()));
      taken += count;
      return events().slice(taken - count, taken);
    },
    text: () => text,
    async end() {
      while (!(await read()));
    },
    async hangUp() {
      await reader?.cancel();
    },
  };
}

describe('events while they happen', () => {
  test('first those that were, then each one that comes', async () => {
    await charge('a');
    const { response, next } = await stream();
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(response.headers.get('cache-control')).toBe('no-store');
    const before = mock.events();
    expect(await next(before.length)).toEqual(before);
    await charge('b');
    expect(await next(5)).toEqual(mock.events(before.length));
    await mock.clock.advance('1h');
    expect(await next(1)).toMatchObject([{ kind: 'clock' }]);
  });

  test.each<[string, string, Record<string, string>]>([
    ['after', '?after=5', {}],
    ['Last-Event-ID', '', { 'last-event-id': '5' }],
  ])('only those behind %s', async (_name, query, headers) => {
    await charge('a');
    await charge('b');
    const { next } = await stream(query, headers);
    expect(await next(5)).toEqual(mock.events(5));
  });

  test('from the start where the server is younger than what is asked for', async () => {
    await charge('a');
    const { next } = await stream('?after=500');
    expect(await next(5)).toEqual(mock.events());
  });

  test('a second one reads for itself, and survives a reset', async () => {
    const [one, two] = [await stream(), await stream()];
    await charge('a');
    expect(await one.next(5)).toEqual(mock.events());
    mock.reset();
    expect((await one.next(1))[0]).toMatchObject({ kind: 'reset' });
    expect((await two.next(6)).map(({ kind }) => kind)).toEqual([
      'arrived',
      'locked',
      'effect',
      'stored',
      'answered',
      'reset',
    ]);
  });
});

test('who hangs up is not listened for any more', async () => {
  const cancelled = vi.fn<() => void>();
  await using other = await listen({
    ...mock,
    handle: async () => ({
      kind: 'answer',
      live: true,
      response: new Response(new ReadableStream({ cancel: cancelled })),
    }),
  });
  const hangUp = new AbortController();
  await fetch(`${other.url}/__onceward/events`, { signal: hangUp.signal });
  hangUp.abort();
  await expect.poll(() => cancelled.mock.calls.length).toBe(1);
});

describe('the stream itself', () => {
  const open = (events: EventLog): ReadableStreamDefaultReader<Uint8Array> => {
    const request = new Request('https://api.test', { headers: { accept: 'text/event-stream' } });
    const { live } = eventsAnswer({ request, url: new URL(request.url), body: undefined }, events);
    return (live as ReadableStream<Uint8Array>).getReader();
  };
  const textOf = ({ value }: { value?: Uint8Array | undefined }): string => new TextDecoder().decode(value);

  test('stops to listen when it is cancelled', async () => {
    const events = new EventLog(() => 0);
    const stop = vi.fn<() => void>();
    vi.spyOn(events, 'on').mockReturnValue(stop);
    const reader = open(events);
    await reader.read();
    const waiting = reader.read();
    await reader.cancel();
    expect(await waiting).toMatchObject({ done: true });
    expect(stop).toHaveBeenCalledOnce();
  });

  test('gives a slow reader what the history still has', async () => {
    const events = new EventLog(() => 0, 3);
    const reader = open(events);
    await reader.read();
    for (let index = 0; index < 10; index += 1) events.tell('clock');
    expect(textOf(await reader.read())).toMatch(/^id: 8\n[^]*id: 9\n[^]*id: 10\n/);
  });
});

test('says something when nothing happens, by a timer that keeps no process alive', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const timers = vi.spyOn(globalThis, 'setInterval');
  const { text, next, hangUp } = await stream();
  await vi.advanceTimersByTimeAsync(15_000);
  await charge('a');
  await next(5);
  expect(text()).toMatch(/^retry: 1000\n\n:\n\nid: 1\n/);
  expect(timers.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef())).toEqual([false]);
  await hangUp();
  await expect.poll(() => vi.getTimerCount()).toBe(0);
});

test('close ends it', async () => {
  const { end, next } = await stream();
  await charge('a');
  await next(5);
  const ended = end().then(
    () => 'ended',
    () => 'ended',
  );
  await listening.close();
  expect(await ended).toBe('ended');
});
