import { ada, ben, expect, goOffline, pretendToBeOlder, startAtWrongAddress, test, waitForIdlePrompt } from '../fixtures';

test('only one tab of a browser is active at a time', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.arrive();
  await one.start();
  await one.reaches('waiting');
  const second = await one.startInAnotherTab();
  await one.seesProblem('other-tab');
  await one.hasReleasedDevices();
  await one.button('Use here').click();
  await one.reaches('waiting');
  await expect(second.locator('main#app')).toHaveAttribute('data-problem', 'other-tab');
});

test('an offline page says so and continues when the network is back', async ({ visitor }) => {
  const one = await visitor(ada);
  one.expectErrors(/WebSocket/, /ERR_INTERNET_DISCONNECTED/);
  await one.arrive();
  await one.start();
  await one.reaches('waiting');
  await goOffline(one);
  await one.context.setOffline(false);
  await one.hasNoProblem({ timeout: 30_000 });
  await one.reaches('waiting');
});

test('a page from an older deploy offers to load the newer version', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.page.addInitScript(pretendToBeOlder);
  await one.arrive();
  await one.start();
  const notice = one.page.getByText('There’s a new version.');
  await expect(notice).toBeVisible();
  const other = await visitor(ben);
  await other.arrive();
  await other.start();
  await one.meets(ben);
  await expect(notice, 'a call does not end for a newer version').toBeHidden();
  await one.stop();
  await expect(notice).toBeVisible();
  await one.button('Reload').click();
  await one.reaches('landing');
  await one.start();
  await one.reaches('waiting');
  await expect(one.page.getByText('There’s a new version.')).toBeHidden();
});

test('an idle visitor is asked whether they are there, then leaves the queue', async ({ visitor }) => {
  const one = await visitor(ada);
  await waitForIdlePrompt(one);
  await one.button('I’m here').click();
  await expect(one.page.getByRole('heading', { level: 1 })).not.toHaveText('Still there?');
  await one.reaches('waiting');
  await one.page.clock.fastForward('10:05');
  await one.page.clock.fastForward('01:05');
  await one.seesProblem('idle');
  await one.hasReleasedDevices();
});

test('the steps to grant permission match the browser', async ({ visitor }) => {
  const one = await visitor(ada, { devices: 'permission denied' });
  await one.arrive();
  await one.start();
  await one.seesProblem('camera-blocked');
  await expect(one.page.getByText('Select the icon next to the address')).toBeVisible();
});

test('a page at a wrong address says so and links to the right one', async ({ server, visitor }) => {
  const one = await startAtWrongAddress(server, visitor);
  await expect(one.page.getByRole('heading', { level: 1 })).toHaveText('This isn’t Passerby’s address');
  const home = one.page.getByRole('link', { name: 'https://passerby.test' });
  await expect(home).toHaveAttribute('href', 'https://passerby.test/');
  expect(await home.evaluate((it) => it.getBoundingClientRect().bottom <= innerHeight)).toBe(true);
  await one.hasReleasedDevices();
});
