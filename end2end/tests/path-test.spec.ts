import { ada, ben, expect, meet, test } from '../fixtures';
import { expectResults, testPaths } from '../fixtures/path-test';
import { freePort } from '../fixtures/server';
import { Turn } from '../fixtures/turn';

test('before the start a page tells which paths work, and leaves the server again', async ({ server, visitor }) => {
  await server.restart({ PASSERBY__RELAY__ADDR: `127.0.0.1:${await freePort()}` });
  const [one, other] = [await visitor(ada), await visitor(ben)];
  await one.arrive();
  const section = await testPaths(one);
  await expectResults(section, 'works', 'works', 'works', 'not-offered');
  await expect(section.getByRole('status')).toHaveText('You can talk to people from here.');
  await expect(section.getByText('Relay over TLS')).toBeVisible();
  await expect(section.getByText('Not available here')).toHaveCount(1);
  await expect.poll(() => server.metric('passerby_connections'), 'the session is over').toBe(0);
  expect(await one.openedTracks(), 'no camera was opened').toBe(0);

  await one.page.keyboard.press('Escape');
  await meet(one, other);
  await one.button('More').click();
  await section.getByRole('button', { name: 'Check my connection' }).click();
  await expect(section.getByRole('status')).toHaveText('Checking your connection\u2026');
  await expectResults(section, 'works', 'works', 'works', 'not-offered');
  await one.page.keyboard.press('Escape');
  await one.sees(ben);
  await other.sees(ada);
});

test('a relay that hands out addresses and passes nothing on gets no tick', async ({ server, visitor }) => {
  const turn = await Turn.open(undefined, { passesOn: false });
  await server.restart(turn.settings(turn.address.port, 'tcp'));
  const one = await visitor(ada, { policy: 'disable_non_proxied_udp' });
  await one.arrive();
  const section = await testPaths(one);
  await expectResults(section, 'fails', 'not-offered', 'fails', 'not-offered');
  await expect(section.getByRole('status')).toHaveText('No calls are possible from here. Try another network.');
  expect(turn.log, 'the relay has handed out an address').toMatch(/ALLOCATE processed, success/);
  await turn.close();
});

test('a page that does not reach the server says so', async ({ server, visitor }) => {
  const one = await visitor(ada);
  one.expectErrors(/WebSocket connection to .* failed/);
  await one.arrive();
  await one.page.mouse.move(200, 200);
  await expect(one.page.locator('#root')).toHaveAttribute('data-driven');
  await server.kill();
  const section = await testPaths(one);
  await expect(section.getByRole('status')).toHaveText('The server doesn\u2019t answer. Try again in a minute.', { timeout: 15_000 });
  await one.reaches('landing');
  await one.hasNoProblem();
});
