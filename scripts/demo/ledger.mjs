/** What the server itself says of these orders, read over HTTP: how often each was charged, and under which keys. */
export async function readLedger(server, names) {
  const [effects, entries] = await Promise.all(['effects', 'ledger'].map((what) => read(server, what)));
  const charges = effects.filter(({ body }) => names.includes(body?.order));
  const keys = new Set(charges.map(({ key }) => key));
  const rows = entries.filter(({ key }) => keys.has(key));
  return {
    charged: new Set(charges.map(({ body }) => body.order)),
    effects: charges.length,
    attempts: rows.reduce((sum, { hits }) => sum + hits, 0),
    rows: rows.map(({ key, hits, effects, status }) => ({
      order: charges.find((charge) => charge.key === key)?.body.order,
      key,
      hits,
      effects,
      status,
    })),
  };
}

async function read(server, what) {
  const url = `${server}/__onceward/${what}`;
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) }).catch((cause) => {
    throw new Error(
      `${url} cannot be reached (${cause.cause?.code ?? cause.name}): start one with 'npx onceward mock'.`,
    );
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: is it an 'onceward mock'?`);
  return response.json();
}
