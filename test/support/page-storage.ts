/** Everything this origin has stored in the browser, as text: every IndexedDB record with its keys, both web storages and the cookies. Bytes are
 *  shown as one character each. Runs inside the page, so it brings all it needs. */
export async function storedText(): Promise<string> {
  const answered = <T>(request: IDBRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const characters = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  const shown = (_: string, value: unknown): unknown => {
    if (value instanceof ArrayBuffer) return characters(new Uint8Array(value));
    if (ArrayBuffer.isView(value)) return characters(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    return value;
  };
  const found: unknown[] = [Object.entries(localStorage), Object.entries(sessionStorage), document.cookie];
  for (const { name } of await indexedDB.databases()) {
    if (name === undefined) continue;
    const database = await answered(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      const objects = database.transaction(store).objectStore(store);
      found.push(name, store, await answered(objects.getAllKeys()), await answered(objects.getAll()));
    }
    database.close();
  }
  return JSON.stringify(found, shown);
}

/** The forms in which `needle` is in `text`: as it is, or base64-encoded at any offset. */
export function traces(text: string, needle: string): readonly string[] {
  return [needle, ...encoded(needle, 'base64'), ...encoded(needle, 'base64url')].filter((form) => text.includes(form));
}

/** What of the encoded form does not depend on the neighbours, for the three ways it can fall on the groups of three bytes. */
function encoded(needle: string, encoding: 'base64' | 'base64url'): readonly string[] {
  return [0, 1, 2].map((offset) => {
    const bits = (offset + needle.length) * 8;
    return Buffer.from(' '.repeat(offset) + needle)
      .toString(encoding)
      .slice(Math.ceil((offset * 8) / 6), Math.floor(bits / 6));
  });
}
