import { type Answer, toResponse } from './answer.ts';
import type { Delivery } from './types.ts';

// A server on node:http has the bytes of a request before there is a Request, and needs those of an answer and no Response. Reading them back
// through streams was a fifth of what a request cost.

const BODIES = new WeakMap<Request, Uint8Array<ArrayBuffer>>();
const ANSWERS = new WeakMap<Delivery, Answer>();

/** @param body what the request holds: it is not read again */
export function withBodyAtHand(request: Request, body: Uint8Array<ArrayBuffer>): Request {
  BODIES.set(request, body);
  return request;
}

export async function bodyOf(request: Request): Promise<Uint8Array<ArrayBuffer>> {
  return BODIES.get(request) ?? new Uint8Array(await request.arrayBuffer());
}

/** The Response is made for whoever asks for it. */
export function deliveryOf(kind: 'answer' | 'truncate', answer: Answer): Delivery {
  let response: Response | undefined;
  const delivery: Delivery = {
    kind,
    get response() {
      response ??= toResponse(answer);
      return response;
    },
  };
  ANSWERS.set(delivery, answer);
  return delivery;
}

/** undefined where the delivery holds a Response that was not made from an answer. */
export function answerIn(delivery: Delivery): Answer | undefined {
  return ANSWERS.get(delivery);
}
