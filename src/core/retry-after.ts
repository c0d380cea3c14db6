/** Milliseconds to wait, from a Retry-After header; undefined where it is absent or malformed (RFC 9110 10.2.3: seconds or an HTTP date).
 *
 *  A date is taken against the response's own `Date`, so that a wrong clock on either side does not matter.
 *  Fractions, signs and more than nine digits are malformed: `9999999999` as a timer overflows and fires at once.
 */
export function retryAfter(value: string | undefined, date: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const until = httpDate(text, now);
  if (until === undefined) return undefined;
  return Math.max(0, until - (httpDate(date ?? '', now) ?? now));
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const TIME = '(\\d{2}):(\\d{2}):(\\d{2})';
const FORMS: readonly {
  readonly pattern: RegExp;
  readonly order: readonly [day: number, month: number, year: number, time: number];
}[] = [
  // Sun, 06 Nov 1994 08:49:37 GMT
  { pattern: new RegExp(`^[A-Z][a-z]{2}, (\\d{2}) ([A-Z][a-z]{2}) (\\d{4}) ${TIME} GMT$`), order: [1, 2, 3, 4] },
  // Sunday, 06-Nov-94 08:49:37 GMT
  { pattern: new RegExp(`^[A-Z][a-z]+, (\\d{2})-([A-Z][a-z]{2})-(\\d{2}) ${TIME} GMT$`), order: [1, 2, 3, 4] },
  // Sun Nov  6 08:49:37 1994
  { pattern: new RegExp(`^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \\d]\\d) ${TIME} (\\d{4})$`), order: [2, 1, 6, 3] },
];

/** Milliseconds since 1970 of one of the three forms of an HTTP date (RFC 9110 5.6.7). */
function httpDate(text: string, now: number): number | undefined {
  for (const { pattern, order } of FORMS) {
    const match = pattern.exec(text);
    if (!match) continue;
    const [day, month, year, time] = order;
    const [hours = 0, minutes = 0, seconds = 0] = [0, 1, 2].map((n) => Number(match[time + n]));
    const date = new Date(
      Date.UTC(fullYear(match[year] ?? '', now), MONTHS.indexOf(match[month] ?? ''), Number(match[day])),
    );
    // 31 Feb and an unknown month roll over to another date; 60 is a leap second.
    if (date.getUTCDate() !== Number(match[day]) || MONTHS[date.getUTCMonth()] !== match[month]) return undefined;
    if (hours > 23 || minutes > 59 || seconds > 60) return undefined;
    return date.getTime() + ((hours * 60 + minutes) * 60 + seconds) * 1000;
  }
  return undefined;
}

/** Of a two-digit year the nearest reading; one more than 50 years ahead is in the past (RFC 9110 5.6.7). */
function fullYear(text: string, now: number): number {
  if (text.length === 4) return Number(text);
  const thisYear = new Date(now).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + Number(text);
  if (year > thisYear + 50) return year - 100;
  return year <= thisYear - 50 ? year + 100 : year;
}
