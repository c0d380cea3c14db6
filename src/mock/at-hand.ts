import { type Answer, toResponse } from './answer.ts';
import type { Delivery } from './types.ts';

// A server on node:http has the parts of a request before there is a Request, and needs the bytes of an answer and no Response. To make both and to
// read them back through streams was a third of what a request cost. Private members and no WeakMap: those cost the garbage collector as much again.

/** The parts of a request, and the Request itself for whoever needs one. */
export interface ArrivedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
  /** Always the same. */
  whole(): Request;
}

class StandIn {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly #arrived: ArrivedRequest;

  constructor(arrived: ArrivedRequest) {
    this.method = arrived.method;
    this.url = arrived.url;
    this.headers = arrived.headers;
    this.#arrived = arrived;
  }

  static arrivedAs(request: object): ArrivedRequest | undefined {
    return #arrived in request ? request.#arrived : undefined;
  }
}

/** Stands for a Request that is made when it is asked for. Only the engine may be handed one: it looks at method, url and headers, and takes the rest
 *  from here. */
export function requestAtHand(arrived: ArrivedRequest): Request {
  return new StandIn(arrived) as unknown as Request;
}

/** The Request that something else than the engine can be given. */
export function wholeRequest(request: Request): Request {
  return StandIn.arrivedAs(request)?.whole() ?? request;
}

export async function bodyOf(request: Request): Promise<Uint8Array<ArrayBuffer>> {
  return StandIn.arrivedAs(request)?.body ?? new Uint8Array(await request.arrayBuffer());
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
