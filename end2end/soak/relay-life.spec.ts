import { ada, ben, expect } from '../fixtures';
import type { FirefoxVisitor } from '../fixtures/firefox';
import { expectResults, testPaths } from '../fixtures/path-test';
import { receivesVideo, routedTest as test, settings, start } from '../fixtures/routed';
import { Visitor } from '../fixtures/visitor';

/** Browsers refresh a permission after four to five minutes, and only then present credentials again. */
const REFRESHED_AFTER = 330_000;

type Pair = readonly [Visitor | FirefoxVisitor, Visitor | FirefoxVisitor];

/** Both hide their address and meet. */
async function meetHidden(pair: Pair) {
  for (const one of pair) await one.toggle('Hide my IP address');
  for (const one of pair) await start(one);
  for (const one of pair) await receivesVideo(one);
  await expectRelayed(pair);
  for (const one of pair) await one.takePhases();
}

async function expectRelayed(pair: Pair) {
  for (const one of pair) expect(await one.selectedCandidateTypes()).toEqual(['relay', 'relay']);
}

async function expectSameCall(pair: Pair) {
  for (const one of pair) expect(await one.takePhases(), 'the call went on').toEqual([]);
}

test('a relayed call outlives its first credentials five times, and then a path that is lost', async ({ server, homes, authority, at }) => {
  test.setTimeout(600_000);
  await server.restart({ ...settings(server.port, authority), PASSERBY__ICE__CREDENTIAL_SECONDS: '60' });
  const pair = [await at(ada, homes[0], 'Chromium'), await at(ben, homes[1], 'Firefox')] as const;
  await meetHidden(pair);
  await new Promise((resolve) => setTimeout(resolve, REFRESHED_AFTER));
  for (const one of pair) await receivesVideo(one);
  await expectSameCall(pair);
  expect(await server.metric('passerby_relay_allocations'), 'allocations are still held').toBeGreaterThanOrEqual(2);

  // Only another gathering, with the credentials of now, finds the way over TCP or TLS.
  const before = await server.metric('passerby_relay_allocated_total');
  for (const home of homes) home.block('UDP');
  for (const one of pair) await receivesVideo(one, { timeout: 40_000 });
  await expectRelayed(pair);
  expect(await (pair[0] as Visitor).relayProtocol()).not.toBe('udp');
  expect(await server.metric('passerby_relay_allocated_total'), 'the paths were gathered again').toBeGreaterThan(before!);
});

test('Chromium and Firefox see each other again within ten seconds of a restart of server and relay', async ({ server, homes, authority, at }) => {
  const all = settings(server.port, authority);
  await server.restart(all);
  const pair = [await at(ada, homes[0], 'Chromium'), await at(ben, homes[1], 'Firefox')] as const;
  (pair[0] as Visitor).expectErrors(/WebSocket/, /Failed to load resource/);
  await meetHidden(pair);
  await server.restart(all);
  const begin = Date.now();
  await Promise.all(pair.map((one) => receivesVideo(one, { timeout: 10_000 })));
  expect(Date.now() - begin).toBeLessThan(10_000);
  await expectRelayed(pair);
  await expectSameCall(pair);
});

test('with the relay apart Chromium and Firefox lose nothing while the server is replaced', async ({ server, homes, authority, at }) => {
  const all = { ...settings(server.port, authority), PASSERBY__RELAY__ADDR: '0.0.0.0:3478', PASSERBY__RELAY__APART: 'true' };
  await server.restart(all);
  await server.startRelay(all);
  const pair = [await at(ada, homes[0], 'Chromium'), await at(ben, homes[1], 'Firefox')] as const;
  const one = pair[0] as Visitor;
  one.expectErrors(/WebSocket/, /Failed to load resource/);
  await meetHidden(pair);
  await server.kill();
  await one.seesProblem('server-lost', { timeout: 30_000 });
  for (const each of pair) await receivesVideo(each);
  await expect(one.app).toHaveAttribute('data-flow', 'steady');
  await server.start(all);
  await one.hasNoProblem({ timeout: 30_000 });
  for (const each of pair) await receivesVideo(each);
  await expectSameCall(pair);
});

test('where only TLS reaches the relay, the test of the paths says so', async ({ server, homes, authority, at }) => {
  await server.restart(settings(server.port, authority));
  homes[0].block('UDP', 'TCP to the relay');
  const one = (await at(ada, homes[0], 'Chromium')) as Visitor;
  const section = await testPaths(one);
  await expectResults(section, 'works', 'fails', 'fails', 'works');
  await expect(section.getByRole('status')).toHaveText('You can talk to people from here.');
});
