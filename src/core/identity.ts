import { keyHint } from './key-hint.ts';

/** Where an operation lives in the journal: client name, owner and id, percent-encoded, joined by `/`. */
export function operationIdentity(client: string, owner: string, id: string): string {
  return `${ownerPrefix(client, owner)}${encodeURIComponent(id)}`;
}

/** What every identity of one owner under one client starts with. */
export function ownerPrefix(client: string, owner: string): string {
  return `${encodeURIComponent(client)}/${encodeURIComponent(owner)}/`;
}

/** Where a handed-in key is claimed. Four parts where an operation has three, so the two can never be the same. */
export function keyIdentity(client: string, scope: string | undefined, key: string): string {
  return `key/${encodeURIComponent(client)}/${encodeURIComponent(scope ?? '')}/${encodeURIComponent(key)}`;
}

/** An identity as errors may show it: of a handed-in key only the hint. */
export function identityLabel(identity: string): string {
  const parts = identity.split('/');
  const key = parts[3];
  return parts.length === 4 && parts[0] === 'key' && key !== undefined
    ? [...parts.slice(0, 3), `${keyHint(key)}...`].join('/')
    : identity;
}
