/** Names of fields that hold a card number or a card's security code, without separators. */
const NUMBER_FIELDS: ReadonlySet<string> = new Set([
  'number',
  'cardnumber',
  'cardno',
  'creditcardnumber',
  'debitcardnumber',
  'pan',
  'primaryaccountnumber',
  'ccnumber',
]);
const CODE_FIELDS: ReadonlySet<string> = new Set([
  'cvc',
  'cvc2',
  'cvv',
  'cvv2',
  'csc',
  'securitycode',
  'cardcvc',
  'cardcvv',
  'cardsecuritycode',
  'cvccheck',
  'verificationvalue',
]);

/** The name of a field that holds card data by name *and* form; undefined where there is none. A journal must never hold one (PCI DSS 3.3.1).
 *
 *  By form alone one order number in ten would be refused: 10 % of random 16-digit numbers pass Luhn's check.
 */
export function cardField(fields: Iterable<readonly [name: string, value: unknown]>): string | undefined {
  for (const [name, value] of fields) {
    if (typeof value !== 'string' && typeof value !== 'number') continue;
    // Most texts are none: looked at once, before anything is made of them.
    if (typeof value === 'string' && !/^[ -]*\d/.test(value)) continue;
    const digits = String(value).replace(/[ -]/g, '');
    if (!/^\d{3,19}$/.test(digits)) continue;
    // card[number] and card.number name the field by their last part
    const plain = (name.match(/[^[\].]+/g)?.at(-1) ?? name).toLowerCase().replace(/[-_ ]/g, '');
    if (NUMBER_FIELDS.has(plain) && /^[2-6]\d{12,18}$/.test(digits) && passesLuhn(digits)) return name;
    // American Express calls it CID; outside a card that is a customer id.
    const isCode = CODE_FIELDS.has(plain) || (plain === 'cid' && /card/i.test(name));
    if (isCode && /^\d{3,4}$/.test(digits)) return name;
  }
  return undefined;
}

/** Every member of a JSON value with its path, in order. Without recursion: a body may be nested deeper than the stack. */
export function* jsonFields(value: unknown): Generator<[string, unknown]> {
  const left: [string, unknown][] = [['', value]];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [path, member] = next;
    if (typeof member !== 'object' || member === null) {
      yield next;
      continue;
    }
    const names = Object.keys(member);
    // one by one: a list of 100,000 members is too long for a call's arguments
    for (let at = names.length - 1; at >= 0; at--) {
      const name = names[at] as string;
      left.push([path === '' ? name : `${path}.${name}`, (member as Record<string, unknown>)[name]]);
    }
  }
}

function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = Number(digits[digits.length - 1 - at]);
    const weighted = at % 2 === 0 ? digit : digit * 2;
    sum += weighted > 9 ? weighted - 9 : weighted;
  }
  return sum % 10 === 0;
}
