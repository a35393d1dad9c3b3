import { ada, ben, expect, test } from '../fixtures';

const refused = [/WebSocket connection to .* failed/, /Failed to load resource: net::ERR_CONNECTION/];
const patiently = { timeout: 30_000 };

test('a killed server takes the call up again, and Next is heard of', async ({ server, pair: [one, other] }) => {
  for (const visitor of [one, other]) {
    visitor.forgive(...refused);
    await visitor.phases();
  }
  await server.kill();
  await one.isTold('server-lost', patiently);
  await server.start();
  await one.hasNoProblem(patiently);
  await other.hasNoProblem(patiently);
  await expect.poll(() => server.metric('passerby_matches'), { message: 'the server knows the match' }).toBe(1);
  await one.sees(ben);
  await other.sees(ada);

  await one.next();
  await one.reaches('waiting');
  await other.reaches('waiting');
  expect(await other.phases()).toEqual(['ended', 'ready', 'waiting']);
});

for (const wish of ['Next', 'Stop'] as const) {
  test(`${wish} is heard of without a server`, async ({ server, pair: [one, other] }) => {
    for (const visitor of [one, other]) visitor.forgive(...refused);
    await server.kill();
    await one.isTold('server-lost', patiently);
    await one.button(wish).click();
    await other.reaches('ended', { timeout: 2_000 });
    await other.isAlone();
  });
}

test('both press Next at once: one match ends, once', async ({ pair: [one, other] }) => {
  for (const visitor of [one, other]) await visitor.phases();
  await Promise.all([one.next(), other.next()]);
  for (const visitor of [one, other]) {
    await visitor.reaches('waiting');
    await visitor.isAlone();
    expect((await visitor.phases()).filter((phase) => phase === 'talking')).toEqual([]);
  }
});
