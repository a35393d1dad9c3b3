import { ada, ben, expect, test } from '../fixtures';

const connectionErrors = [/WebSocket connection to .* failed/, /Failed to load resource: net::ERR_CONNECTION/];
const longTimeout = { timeout: 30_000 };

test('a restarted server restores the match, and Next still works', async ({ server, pair: [one, other] }) => {
  for (const visitor of [one, other]) {
    visitor.expectErrors(...connectionErrors);
    await visitor.takePhases();
  }
  await server.kill();
  await one.seesProblem('server-lost', longTimeout);
  await server.start();
  await one.hasNoProblem(longTimeout);
  await other.hasNoProblem(longTimeout);
  await expect.poll(() => server.metric('passerby_matches'), { message: 'matches on the server' }).toBe(1);
  await one.sees(ben);
  await other.sees(ada);

  await one.next();
  await one.reaches('waiting');
  await other.reaches('waiting');
  expect(await other.takePhases()).toEqual(['ended', 'ready', 'waiting']);
});

for (const button of ['Next', 'Stop'] as const) {
  test(`${button} reaches the partner without a server`, async ({ server, pair: [one, other] }) => {
    for (const visitor of [one, other]) visitor.expectErrors(...connectionErrors);
    await server.kill();
    await one.seesProblem('server-lost', longTimeout);
    await one.button(button).click();
    await other.reaches('ended', { timeout: 2_000 });
    await other.hasReleasedPartner();
  });
}

test('when both press Next at once the match ends once', async ({ pair: [one, other] }) => {
  for (const visitor of [one, other]) await visitor.takePhases();
  await Promise.all([one.next(), other.next()]);
  for (const visitor of [one, other]) {
    await visitor.reaches('waiting');
    await visitor.hasReleasedPartner();
    expect((await visitor.takePhases()).filter((phase) => phase === 'talking')).toEqual([]);
  }
});
