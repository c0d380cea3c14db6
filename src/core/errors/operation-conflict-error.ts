import type { Effect } from '../types.ts';
import { OncewardError } from './onceward-error.ts';

/** This name, or this key, already stands for another request. Nothing was sent. */
export class OperationConflictError extends OncewardError {
  override readonly name = 'OperationConflictError' as const;
  declare readonly code: 'ERR_ONCEWARD_CONFLICT';
  /** When the other request was claimed. */
  readonly since: number;

  constructor(operationId: string, details: { what: 'name' | 'key'; since: number; effect: Effect }) {
    const since = new Date(details.since).toISOString();
    super(
      'ERR_ONCEWARD_CONFLICT',
      details.what === 'name'
        ? `${operationId} already stands for another request, claimed ${since}. Nothing was sent. Is this a second intent? Then give it another name; operations.outcome('${operationId}') joins the first.`
        : `The key handed in for ${operationId} already belongs to another operation or round, claimed ${since}. Nothing was sent. One key, one round: mint another.`,
      { effect: details.effect, operationId },
    );
    this.since = details.since;
  }
}
