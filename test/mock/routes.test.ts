import { expect, test } from 'vitest';
import { routeTable } from '../../src/mock/routes.ts';

const handler = (): Response => new Response(null);

test.each<[routes: string[], request: string, takes: string | undefined, params: Record<string, string>]>([
  [['POST /a', 'POST /:x'], 'POST /a', 'POST /a', {}],
  [['POST /:x', 'POST /a'], 'POST /a', 'POST /:x', { x: 'a' }],
  [['POST /:x', 'POST /a'], 'GET /a', undefined, {}],
  [['GET /:x', 'POST /a', 'POST /**'], 'POST /a', 'POST /a', {}],
  [['POST /**', 'POST /a'], 'POST /a', 'POST /**', {}],
  [['* /a', 'POST /a'], 'POST /a', '* /a', {}],
  [['POST /a', '* /a'], 'POST /a', 'POST /a', {}],
  [['POST /a', '* /a'], 'PUT /a', '* /a', {}],
  [['POST //a/', 'POST /a'], 'POST /a', 'POST //a/', {}],
  [['POST /a/b'], 'POST //a//b/', 'POST /a/b', {}],
  [['POST /a%2Fb'], 'POST /a/b', undefined, {}],
  [['POST /'], 'POST /', 'POST /', {}],
  [['GET /a', 'HEAD /:x'], 'HEAD /a', 'HEAD /:x', { x: 'a' }],
  [['GET /:x', 'GET /a'], 'HEAD /a', 'GET /:x', { x: 'a' }],
  [['GET /a'], 'HEAD /a', 'GET /a', {}],
])('of %j the request %s is taken by %s', (routes, request, takes, params) => {
  const find = routeTable(Object.fromEntries(routes.map((route) => [route, handler])), 0);
  const [method = '', path = ''] = request.split(' ');
  const found = find(method, path);
  expect(found?.route).toBe(takes);
  expect(found?.params ?? {}).toEqual(params);
});
