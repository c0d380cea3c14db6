/** Made once: making one takes longer than most of what it is asked to do. Neither keeps anything from one text to the next. */
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function encodeText(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** As a Response reads its own body: without a byte order mark, and never failing. */
export function decodeText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
