import { describeBrowsers, findBrowsers } from '../test/support/browsers.ts';

// Says which engines the browser tests will find. In CI all three have to be there: an engine that is missing leaves no trace in the reports.

const browsers = await findBrowsers();
console.log(describeBrowsers(browsers));
const missing = Object.entries(browsers).filter(([, path]) => path === undefined);
if (process.env['CI'] !== undefined && missing.length > 0) {
  console.error(`CI needs ${missing.map(([name]) => name).join(', ')} too; .ci/run installs them on Debian`);
  process.exitCode = 1;
}
