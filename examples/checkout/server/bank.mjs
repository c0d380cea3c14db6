import { createMock } from 'onceward/mock';
import { toListener } from 'onceward/mock/node';

/** The payment API, played by the mock server. `token` is what its callers must bring. */
export function bank({ faults, token }) {
  let made = 0;
  const mock = createMock({
    baseUrl: 'http://127.0.0.1/api',
    // One shop, one account: a renewed session does not make it another one.
    tenant: () => 'paper-moon',
    routes: {
      'POST /payments': async ({ json }) => {
        await faults.working();
        made += 1;
        return Response.json({ id: `pay_${made}`, amount: json?.amount ?? 0, currency: 'EUR' }, { status: 201 });
      },
    },
  });
  const handle = (request) => {
    const key = request.headers.get('idempotency-key');
    const fault = key === null ? undefined : faults.nextFor(key);
    if (fault !== undefined) mock.fail(fault);
    return mock.handle(request);
  };
  const listener = toListener({ ...mock, handle });
  return (request, response) => {
    if (request.method === 'POST' && request.headers.authorization !== `Bearer ${token}`) {
      response.writeHead(401, { 'content-type': 'application/problem+json' });
      response.end('{"title":"Unauthorized","status":401}');
      return;
    }
    listener(request, response);
  };
}
