import { v5 } from 'uuid';

/** Namespace of our boundaries: any fixed UUID would do. */
const BOUNDARIES = 'a0c31f7e-5b0e-4f0c-9a52-7d3c0b0f6f10';

/** FormData as bytes, the same bytes for the same content. A platform's own encoder draws a new random boundary each time, so that a second
 *  call with the same form would look like another request. Encoding as in the HTML standard (multipart/form-data encoding algorithm). */
export async function encodeMultipart(
  entries: readonly (readonly [string, string | Blob])[],
): Promise<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly contentType: string }> {
  const parts = await Promise.all(entries.map(encodePart));
  const content = await bytesOf(parts.flatMap(({ head, body }) => [head, body]));
  const boundary = `onceward-${v5(content, BOUNDARIES)}`;
  const chunks = parts.flatMap(({ head, body }) => [`--${boundary}\r\n`, head, body, '\r\n']);
  const bytes = await bytesOf([...chunks, `--${boundary}--\r\n`]);
  return { bytes, contentType: `multipart/form-data; boundary=${boundary}` };
}

async function encodePart([name, value]: readonly [string, string | Blob]): Promise<{
  head: string;
  body: string | Uint8Array<ArrayBuffer>;
}> {
  const disposition = `Content-Disposition: form-data; name="${escapeName(name.replace(/\r\n|\r|\n/g, '\r\n'))}"`;
  if (typeof value === 'string') return { head: `${disposition}\r\n\r\n`, body: value.replace(/\r\n|\r|\n/g, '\r\n') };
  const file = value instanceof File ? value.name : 'blob';
  return {
    head: `${disposition}; filename="${escapeName(file)}"\r\nContent-Type: ${value.type || 'application/octet-stream'}\r\n\r\n`,
    body: new Uint8Array(await value.arrayBuffer()),
  };
}

function escapeName(text: string): string {
  return text.replaceAll('\n', '%0A').replaceAll('\r', '%0D').replaceAll('"', '%22');
}

async function bytesOf(chunks: BlobPart[]): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
