import { type Answer, problemAnswer } from './answer.ts';

/** What a browser says of where a request comes from and where it goes. */
export interface Claimed {
  readonly host: string | undefined;
  readonly origin: string | undefined;
}

/** Refuses requests to the control that a foreign page makes a browser send: pages of other origins, and those whose own name was made to lead here
 *  (DNS rebinding). They could plan faults, move the clock or read what tests have sent. Programs say no Origin, and the Host they were given.
 *
 *  @param hosts the names and addresses, beside the loopback ones, that this server goes by
 *  @returns undefined where there is nothing against it */
export function refusalOf({ host, origin }: Claimed, hosts: readonly string[]): Answer | undefined {
  const named = hostOf(`http://${host ?? ''}`);
  if (named === undefined || !(isLoopback(named.name) || hosts.some((known) => sameName(known, named.name)))) {
    return refusal(
      `It is not reached by the name ${JSON.stringify(host ?? '')}`,
      'its address, or the host it listens on',
    );
  }
  if (origin !== undefined && hostOf(origin)?.full !== named.full) {
    return refusal(`A page of ${JSON.stringify(origin)} has no say in it`, 'a page of its own, or a program');
  }
  return undefined;
}

/** Whether a host is this machine and no other. */
export function isLoopback(host: string): boolean {
  const name = nameOf(host) ?? '';
  return name === 'localhost' || name.endsWith('.localhost') || /^127(?:\.\d+){3}$/.test(name) || name === '[::1]';
}

function refusal(what: string, instead: string): Answer {
  return problemAnswer(
    403,
    'Forbidden',
    `The control of this mock server is closed to this request. ${what}: use ${instead}.`,
  );
}

function sameName(known: string, name: string): boolean {
  return nameOf(known) === name;
}

/** A host or an address as URLs write it: lower case, IPv6 in brackets and short, IPv4 in its four numbers however it reached an IPv6 socket. */
function nameOf(host: string): string | undefined {
  const bare = host.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '');
  return hostOf(`http://${bare.includes(':') && !bare.startsWith('[') ? `[${bare}]` : bare}`)?.name;
}

function hostOf(url: string): { readonly name: string; readonly full: string } | undefined {
  if (!URL.canParse(url)) return undefined;
  const { hostname, host } = new URL(url);
  return hostname === '' ? undefined : { name: hostname, full: host };
}
