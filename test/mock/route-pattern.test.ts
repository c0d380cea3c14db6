import { expect, test } from 'vitest';
import { matchRoute, routePattern } from '../../src/mock/route-pattern.ts';

test.each<[route: string, method: string, path: string, params: object | undefined]>([
  ['POST /charges', 'POST', '/charges', {}],
  ['post /charges', 'POST', '/charges', {}],
  ['POST /charges', 'POST', '/charges/', {}],
  ['POST /charges', 'PUT', '/charges', undefined],
  ['POST /charges', 'POST', '/charges/1', undefined],
  ['POST /charges/:id', 'POST', '/charges/a%20b', { id: 'a b' }],
  ['POST /charges/:id', 'POST', '/charges/%E0%A4%A', { id: '%E0%A4%A' }],
  ['POST /charges/:id', 'POST', '/charges', undefined],
  ['POST /:a/x/:b', 'POST', '/1/x/2', { a: '1', b: '2' }],
  ['* /v1/*', 'DELETE', '/v1/x', {}],
  ['* /v1/*', 'DELETE', '/v1/x/y', undefined],
  ['POST /v1/**', 'POST', '/v1/x/y', {}],
  ['POST /v1/**', 'POST', '/v1', {}],
  ['POST /v1/**', 'POST', '/v2/x', undefined],
  ['* /**', 'POST', '/', {}],
  ['POST /', 'POST', '/', {}],
])('%s and %s %s', (route, method, path, params) => {
  expect(matchRoute(routePattern(route), method, path)).toEqual(params);
});

test.each(['', '/charges', 'POST', 'POST charges', 'POST  /charges', 'POST /a b', 'PO-ST /a'])(
  '%j is no route',
  (text) => {
    expect(() => routePattern(text)).toThrow('A route is a method, a space and a path');
  },
);
