import { ada, ben, expect, holdInConnecting, test } from '../fixtures';

const connectionErrors = [/WebSocket connection to .* failed/, /Failed to load resource: net::ERR_CONNECTION/];
/** Long enough for reconnecting, even after the pauses between attempts have grown. */
const longTimeout = { timeout: 30_000 };

test('a visitor who waits is told of a lost server and reconnects by itself', async ({ server, visitor }) => {
  const one = await visitor(ada);
  one.expectErrors(...connectionErrors);
  await one.arrive();
  await one.start();
  await one.reaches('waiting');

  await server.kill();
  await one.seesProblem('server-lost');

  await server.start();
  await one.hasNoProblem(longTimeout);
  await one.reaches('waiting', longTimeout);

  const other = await visitor(ben);
  await other.arrive();
  await other.start();
  await one.meets(ben);
  await other.meets(ada);
});

test('a call goes on while the server is down', async ({ server, pair: [one, other] }) => {
  one.expectErrors(...connectionErrors);
  other.expectErrors(...connectionErrors);
  await one.takePhases();

  await server.kill();
  await one.seesProblem('server-lost', longTimeout);
  await other.seesProblem('server-lost', longTimeout);
  await one.sees(ben);
  await one.hears(ben);
  await other.sees(ada);
  await other.hears(ada);

  await server.start();
  await one.hasNoProblem(longTimeout);
  await other.hasNoProblem(longTimeout);
  await one.meets(ben);
  await other.meets(ada);
  expect(await one.takePhases(), 'the call went on').toEqual([]);
});

test('a broken server connection does not disturb a call', async ({ visitor, faultyProxy }) => {
  const one = await visitor(ada, { throughFaultyProxy: true });
  const other = await visitor(ben);
  for (const visitor of [one, other]) {
    await visitor.arrive();
    await visitor.start();
  }
  await one.meets(ben);
  await one.takePhases();
  await other.takePhases();

  faultyProxy.breakConnections();
  await one.meets(ben);
  await other.meets(ada);

  // The page reconnects: Next still works and reaches the partner.
  await one.hasNoProblem(longTimeout);
  await one.next();
  await one.reaches('waiting');
  await other.reaches('waiting');
  expect((await other.takePhases())[0]).toBe('ended');
});

test('a server connection that breaks while connecting only delays the call', async ({ visitor, faultyProxy }) => {
  const one = await visitor(ada, { throughFaultyProxy: true });
  await one.arrive();
  await one.start();
  await one.reaches('waiting');

  const other = await visitor(ben);
  await holdInConnecting(one, other);
  faultyProxy.breakConnections();
  await other.releaseDescriptions();

  await one.reaches('talking', longTimeout);
  await one.meets(ben);
  await other.meets(ada);
});
