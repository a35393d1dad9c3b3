import { ada, expect, test } from '../fixtures';

test('Stop during a call releases camera and microphone', async ({ pair: [one, other] }) => {
  expect(await one.openedTracks()).toBeGreaterThan(0);
  await one.stop();
  await one.hasReleasedDevices();

  // The partner waits for the next stranger and keeps camera and microphone open.
  await other.reaches('waiting');
  await other.stop();
  await other.hasReleasedDevices();
});

test('Stop while waiting releases camera and microphone', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.arrive();
  await one.start();
  await one.reaches('waiting');
  await one.stop();
  await one.hasReleasedDevices();
});

test('Stop releases camera and microphone even if the server was never reached', async ({ visitor, faultyProxy }) => {
  const one = await visitor(ada, { throughFaultyProxy: true });
  one.expectErrors(/WebSocket connection to .* failed/);
  await one.arrive();
  await one.page.mouse.move(200, 200);
  await expect(one.page.locator('#root')).toHaveAttribute('data-driven');
  faultyProxy.block();
  await one.start();
  await one.seesProblem('server-lost');
  await one.stop();
  await one.reaches('landing');
  expect(await one.openedTracks()).toBeGreaterThan(0);
  await one.hasReleasedDevices();
});

test('Stop pressed while the camera is opening releases it once it is open', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.arrive();
  // Click from inside the page, because a click from outside is slower than a fake camera.
  await one.page.evaluate(() => {
    const stop = () => {
      const buttons = [...document.querySelectorAll('button')].filter((button) => button.checkVisibility());
      const button = buttons.find(({ textContent }) => textContent.trim() === 'Stop');
      if (button) observer.disconnect();
      button?.click();
    };
    const observer = new MutationObserver(stop);
    observer.observe(document, { subtree: true, childList: true, attributes: true });
  });
  await one.start();
  await expect.poll(() => one.openedTracks()).toBeGreaterThan(0);
  await one.reaches('landing');
  await one.hasReleasedDevices();
});
