import { ada, expect, test } from '../fixtures';
import { Wire } from '../fixtures/wire';

test('Stop closes camera and microphone', async ({ pair: [one, other] }) => {
  expect(await one.opened()).toBeGreaterThan(0);
  await one.stop();
  await one.lightsAreOut();

  // The other one looks on, so keeps them.
  await other.reaches('waiting');
  await other.stop();
  await other.lightsAreOut();
});

test('so does Stop while waiting', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.arrive();
  await one.start();
  await one.reaches('waiting');
  await one.stop();
  await one.lightsAreOut();
});

test('so does Stop where the server was never reached', async ({ visitor }) => {
  const wire = await Wire.lay();
  const one = await visitor(ada, { wire });
  one.forgive(/WebSocket connection to .* failed/);
  await one.arrive();
  await one.page.mouse.move(200, 200);
  await expect(one.page.locator('#root')).toHaveAttribute('data-driven');
  wire.cut();
  await one.start();
  await one.isTold('server-lost');
  await one.stop();
  await one.reaches('landing');
  expect(await one.opened()).toBeGreaterThan(0);
  await one.lightsAreOut();
  await wire.remove();
});

test('Stop pressed before the camera is open closes it when it comes', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.arrive();
  // From inside the page: a hand is slower than a fake camera.
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
  await expect.poll(() => one.opened()).toBeGreaterThan(0);
  await one.reaches('landing');
  await one.lightsAreOut();
});
