import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestingProject, testingProject } from './support/testing-project.ts';

let project: TestingProject;

beforeAll(async () => {
  project = await testingProject();
});
afterAll(() => project.remove());

test('examples/testing: the suite of the shop passes, over msw and over a socket', async () => {
  await cp(join(import.meta.dirname, '../../examples/testing'), project.folder, { recursive: true });
  expect(await project.vitest()).toEqual({ passed: 8, failed: '' });
});
