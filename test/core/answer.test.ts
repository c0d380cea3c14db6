import { describe, expect, test } from 'vitest';
import { headerOf, isJson, jsonOf, mediaType } from '../../src/core/answer.ts';
import { response } from './support/rules.ts';

describe('media types', () => {
  test.each([
    ['application/json', true],
    ['Application/JSON; charset=utf-8', true],
    ['application/json;charset=utf-8', true],
    [' application/json ; charset=utf-8', true],
    ['application/problem+json', true],
    ['text/json', true],
    ['application/json-seq', false],
    ['application/x-ndjson', false],
    ['application/jsonp', false],
    ['text/html', false],
    ['', false],
    [';', false],
  ])('%s is JSON: %s', (type, expected) => {
    expect(isJson(mediaType(response(200, { 'content-type': type })))).toBe(expected);
  });
  test('none', () => {
    expect(mediaType(response(200))).toBe('');
  });
});

describe('JSON bodies', () => {
  const of = (body: string | Uint8Array<ArrayBuffer>) =>
    jsonOf(response(200, { 'content-type': 'application/json' }, body));
  test.each<[string, unknown]>([
    ['{"a":1}', { a: 1 }],
    ['null', null],
    [' 1 ', 1],
    ['\uFEFF{"a":1}', { a: 1 }],
    ['', undefined],
    [' ', undefined],
    ['{"a":', undefined],
    ['{"a":1}}', undefined],
    ["{'a':1}", undefined],
  ])('%o', (body, expected) => {
    expect(of(body)).toEqual(expected);
  });
  test('bytes that are no text', () => {
    expect(of(new Uint8Array([0xff, 0xfe, 0x00]))).toBeUndefined();
  });
});

test('headers by lower-case name', () => {
  expect(headerOf(response(200, { date: 'x' }), 'date')).toBe('x');
  expect(headerOf(response(200, { date: 'x' }), 'age')).toBeUndefined();
});
