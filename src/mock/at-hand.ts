import { type Answer, toResponse } from './answer.ts';
import type { Delivery } from './types.ts';

// A server on node:http has the parts of a request before there is a Request, and needs the bytes of an answer and no Response. To make both and to
// read them back through streams was a third of what a request cost. Private members and no WeakMap: those cost the garbage collector as much again.

/** Headers, as far as the engine looks at them. */
export type HeaderValues = Pick<Headers, 'get'>;

/** The parts of a request, and the way to a Request for whoever needs one. */
export interface ArrivedRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: HeaderValues;
  readonly body: Uint8Array<ArrayBuffer>;
  /** A new one with every call. */
  make(): Request;
}

class StandIn {
  readonly method: string;
  readonly url: string;
  readonly headers: HeaderValues;
  readonly #arrived: ArrivedRequest;
  #whole: Request | undefined;

  constructor(arrived: ArrivedRequest) {
    this.method = arrived.method;
    this.url = arrived.url.href;
    this.headers = arrived.headers;
    this.#arrived = arrived;
  }

  static arrivedAs(request: object): ArrivedRequest | undefined {
    return #arrived in request ? request.#arrived : undefined;
  }

  static wholeOf(request: object): Request | undefined {
    if (!(#arrived in request)) return undefined;
    request.#whole ??= request.#arrived.make();
    return request.#whole;
  }
}

/** Stands for a Request that is made when it is asked for. Only the engine may be handed one: it looks at method, url and single headers, and takes the
 *  rest from here. */
export function requestAtHand(arrived: ArrivedRequest): Request {
  return new StandIn(arrived) as unknown as Request;
}

/** The Request that something else than the engine can be given; always the same for one request. */
export function wholeRequest(request: Request): Request {
  return StandIn.wholeOf(request) ?? request;
}

export function urlOf(request: Request): URL {
  return StandIn.arrivedAs(request)?.url ?? new URL(request.url);
}

/** undefined where it has to be waited for. */
export function bodyAtHand(request: Request): Uint8Array<ArrayBuffer> | undefined {
  return StandIn.arrivedAs(request)?.body;
}

/** A fresh Request with the whole body, however much of the other one has been read. */
export function copyOf(request: Request, body: Uint8Array<ArrayBuffer>): Request {
  const arrived = StandIn.arrivedAs(request);
  if (arrived !== undefined) return arrived.make();
  const { method, url, headers: given } = request;
  const bodiless = method === 'GET' || method === 'HEAD' || body.length === 0;
  // A fresh array: while msw listens, Headers keeps the array it is made from and writes into it.
  const headers = new Headers([...given].map(([name, value]) => [name, value]));
  return new Request(url, { method, headers, body: bodiless ? null : body });
}

class AnswerDelivery {
  readonly kind: 'answer' | 'truncate';
  readonly #answer: Answer;
  #response: Response | undefined;

  constructor(kind: 'answer' | 'truncate', answer: Answer) {
    this.kind = kind;
    this.#answer = answer;
  }

  get response(): Response {
    this.#response ??= toResponse(this.#answer);
    return this.#response;
  }

  static answerOf(delivery: object): Answer | undefined {
    return #answer in delivery ? delivery.#answer : undefined;
  }
}

/** The Response is made for whoever asks for it. */
export function deliveryOf(kind: 'answer' | 'truncate', answer: Answer): Delivery {
  return new AnswerDelivery(kind, answer);
}

/** undefined where the delivery holds a Response that was not made from an answer. */
export function answerIn(delivery: Delivery): Answer | undefined {
  return AnswerDelivery.answerOf(delivery);
}
