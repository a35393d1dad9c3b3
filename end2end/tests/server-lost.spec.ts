import { ada, ben, expect, test } from '../fixtures';
import { Wire } from '../fixtures/wire';

const refused = [/WebSocket connection to .* failed/, /Failed to load resource: net::ERR_CONNECTION/];
/** Time enough for the pauses between attempts to have grown. */
const patiently = { timeout: 30_000 };

test('the server goes while one waits: told, and back by itself', async ({ server, visitor }) => {
  const one = await visitor(ada);
  one.forgive(...refused);
  await one.arrive();
  await one.start();
  await one.reaches('waiting');

  await server.kill();
  await one.isTold('server-lost');

  await server.start();
  await one.hasNoProblem(patiently);
  await one.reaches('waiting', patiently);

  const other = await visitor(ben);
  await other.arrive();
  await other.start();
  await one.meets(ben);
  await other.meets(ada);
});

test('the server goes while two talk: the call does not need it', async ({ server, pair: [one, other] }) => {
  one.forgive(...refused);
  other.forgive(...refused);
  await one.phases();

  await server.kill();
  await one.isTold('server-lost', patiently);
  await other.isTold('server-lost', patiently);
  await one.sees(ben);
  await one.hears(ben);
  await other.sees(ada);
  await other.hears(ada);

  await server.start();
  await one.hasNoProblem(patiently);
  await other.hasNoProblem(patiently);
  await one.meets(ben);
  await other.meets(ada);
  expect(await one.phases(), 'the call went on').toEqual([]);
});

test('a way to the server that breaks while two talk is not noticed', async ({ visitor }) => {
  const wire = await Wire.lay();
  const one = await visitor(ada, { wire });
  const other = await visitor(ben);
  for (const visitor of [one, other]) {
    await visitor.arrive();
    await visitor.start();
  }
  await one.meets(ben);
  await one.phases();
  await other.phases();

  wire.snap();
  await one.meets(ben);
  await other.meets(ada);

  // It is mended, too: Next still works, and is heard of at the other end.
  await one.hasNoProblem(patiently);
  await one.next();
  await one.reaches('waiting');
  await other.reaches('waiting');
  expect((await other.phases())[0]).toBe('ended');
  await wire.remove();
});

test('a way to the server that breaks while two are being connected delays the call, no more', async ({ visitor }) => {
  const wire = await Wire.lay();
  const one = await visitor(ada, { wire });
  await one.arrive();
  await one.start();
  await one.reaches('waiting');

  const other = await visitor(ben);
  await other.dawdles();
  await other.arrive();
  await other.start();
  await one.reaches('connecting');
  wire.snap();
  await other.hurries();

  await one.reaches('talking', patiently);
  await one.meets(ben);
  await other.meets(ada);
  await wire.remove();
});
