/** Whose keys a request uses where the mock is not told otherwise: whoever shares a credential shares the keys. */
export function tenantOf(request: Request): string {
  const credential = request.headers.get('authorization');
  return credential === null ? 'default' : hash(credential);
}

/** 53 bits, so that ledger and log can tell callers apart without showing a credential. Not the platform's digest: that one is missing on pages
 *  served without TLS. After cyrb53, public domain. */
function hash(text: string): string {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    high = Math.imul(high ^ unit, 2_654_435_761);
    low = Math.imul(low ^ unit, 1_597_334_677);
  }
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  return (4_294_967_296 * (2_097_151 & low) + (high >>> 0)).toString(16).padStart(14, '0');
}
