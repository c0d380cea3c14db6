import { UsageError } from '../core/errors/usage-error.ts';
import { jsonAnswer, textAnswer } from './answer.ts';
import type { ControlAnswer, ControlCall } from './control-parts.ts';
import type { EventLog, MockEvent } from './events.ts';

/** As a list, or, for who accepts `text/event-stream`, one by one while they happen. */
export function eventsAnswer({ request, url }: ControlCall, events: EventLog): ControlAnswer {
  const after = numberOf(url.searchParams.get('after') ?? request.headers.get('last-event-id') ?? '0');
  if (!(request.headers.get('accept') ?? '').includes('text/event-stream')) return jsonAnswer(200, events.list(after));
  const head = textAnswer(200, { 'content-type': 'text/event-stream' }, '');
  return request.method === 'HEAD' ? head : { ...head, live: eventStream(events, after) };
}

/** The events behind `after`, at the pace of who reads: one who is slow misses what the history has dropped by then, and holds up nobody. */
function eventStream(events: EventLog, after: number): ReadableStream<Uint8Array> {
  const text = new TextEncoder();
  // Where a server starts again its events do, too, and a page that connects again asks for what is behind an event of the last one.
  let last = events.last < after ? 0 : after;
  let over = false;
  let wake = (): void => {};
  const stop = events.on(() => wake());
  return new ReadableStream(
    {
      start: (controller) => controller.enqueue(text.encode('retry: 1000\n\n')),
      async pull(controller) {
        let due = events.list(last);
        if (due.length === 0) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          if (over) return;
          due = events.list(last);
        }
        last = due.at(-1)?.id ?? last;
        controller.enqueue(text.encode(due.map(written).join('')));
      },
      cancel() {
        over = true;
        stop();
        wake();
      },
    },
    { highWaterMark: 0 },
  );
}

function written(event: MockEvent): string {
  return `id: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`;
}

function numberOf(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new UsageError('ERR_ONCEWARD_INVALID_OPTION', `'after' is the id of an event, a whole number; got '${text}'.`);
}
