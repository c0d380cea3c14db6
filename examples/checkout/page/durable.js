/** A small key-value store that is as durable as the journal of the payments.
 *
 *  Who pays and which cart it is must not be lost before the payment is. localStorage alone would lose it: Chromium writes it down seconds late, so a
 *  browser killed right after the first click would come back as a stranger with another cart, and pay once more. It still holds a second copy, for
 *  browsers that throw their IndexedDB away, and tells other tabs of a change. */

const STORE = 'values';

/** What is stored under this name; `make()` where nothing is. One transaction: two tabs that are opened at once agree. */
export function keep(name, make) {
  return inStore((store, done) => {
    const request = store.get(name);
    request.onsuccess = () => {
      const value = request.result ?? copyOf(name) ?? make();
      if (request.result === undefined) store.put(value, name);
      done(value);
    };
  }).then((value) => copied(name, value));
}

export function replace(name, value) {
  return inStore((store, done) => {
    store.put(value, name);
    done(value);
  }).then(() => copied(name, value));
}

/** Calls back when another tab has replaced the value. */
export function onReplaced(name, listener) {
  addEventListener('storage', (event) => {
    if (event.key === `shop:${name}` && event.newValue !== null) listener(JSON.parse(event.newValue));
  });
}

function copyOf(name) {
  const text = localStorage.getItem(`shop:${name}`);
  return text === null ? undefined : JSON.parse(text);
}

function copied(name, value) {
  localStorage.setItem(`shop:${name}`, JSON.stringify(value));
  return value;
}

async function inStore(work) {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, 'readwrite', { durability: 'strict' });
      let result;
      transaction.oncomplete = () => resolve(result);
      transaction.onabort = () => reject(transaction.error);
      work(transaction.objectStore(STORE), (value) => {
        result = value;
      });
    });
  } finally {
    database.close();
  }
}

function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open('shop', 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
