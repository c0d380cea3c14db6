import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Installed, install } from '../../package/support/installed.ts';

let installed: Installed;
beforeAll(async () => {
  installed = await install();
});
afterAll(() => installed.remove());

test('the published mock serves the page, and has no file of it to lose', async () => {
  const said = await installed.node(`
    import { createMock } from 'onceward/mock';
    import { listen } from 'onceward/mock/node';
    await using server = await listen(createMock());
    const page = await fetch(server.url + '/__onceward');
    const names = [...(await page.text()).matchAll(/(?:src|href)="(page\\/[^"]+)"/g)].map(([, name]) => name);
    const answers = await Promise.all(names.map((name) => fetch(new URL(name, page.url))));
    console.log(JSON.stringify([page.status, ...answers.map(({ status }) => status)]));
  `);
  expect(JSON.parse(said)).toEqual([200, 200, 200, 200, 200]);
  expect(installed.files.filter(({ path }) => path.includes('inspector') && !path.endsWith('.d.ts'))).toEqual([]);
});
