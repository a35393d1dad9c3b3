import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';

import { expect, test } from '../fixtures';

const CONNECTIONS = 1_000;
const SECONDS = 40;
/** The longest time the server may take to answer a health check during an attack, in milliseconds. */
const MAX_ANSWER_MS = 1_000;

const common = ['-c', `${CONNECTIONS}`, '-r', '200', '-l', `${SECONDS}`, '-p', '3'];
/** The attacks of slowhttptest, with options from its manual. */
const attacks = {
  'endless headers': ['-H', '-i', '5', '-t', 'GET', '-x', '24'],
  'endless bodies': ['-B', '-i', '5', '-s', '8192', '-t', 'POST', '-x', '10'],
  'a thousand ranges of one file': ['-R', '-t', 'HEAD', '-a', '10', '-b', '3000'],
  'responses that are never read': ['-X', '-w', '512', '-y', '1024', '-n', '5', '-z', '32', '-k', '3'],
};

for (const [name, options] of Object.entries(attacks)) {
  test(`the server answers during a slow attack: ${CONNECTIONS} connections, ${name}`, async ({ server }) => {
    // The largest file that the server serves.
    const files = readdirSync(path.join(__dirname, '..', '..', 'target', 'site', 'pkg'));
    const file = files.find((it) => /^passerby\..*\.wasm$/.test(it));
    if (!file) throw new Error('the page is not built: run `make build` first');

    let isOver = false;
    const attack = promisify(execFile)('slowhttptest', [...options, ...common, '-u', `${server.url}/pkg/${file}`], {
      maxBuffer: 64 << 20,
    }).finally(() => (isOver = true));
    const times: number[] = [];
    while (!isOver) {
      const began = performance.now();
      const answer = await fetch(`${server.url}/healthz`, {
        headers: { connection: 'close' },
        signal: AbortSignal.timeout(5 * MAX_ANSWER_MS),
      });
      expect(await answer.text()).toBe('alive');
      times.push(performance.now() - began);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const { stdout } = await attack;
    const report = stripVTControlCharacters(stdout);
    const most = Math.max(...[...report.matchAll(/connected:\s+(\d+)/g)].map((it) => Number(it[1])));
    const slowest = Math.max(...times);
    console.log(`${name}: up to ${most} connections, ${times.length} answers, the slowest after ${Math.ceil(slowest)} ms`);
    expect(most, 'connections during the attack').toBeGreaterThan(0);
    expect(slowest).toBeLessThanOrEqual(MAX_ANSWER_MS);
  });
}
