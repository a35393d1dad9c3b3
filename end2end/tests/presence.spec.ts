import { ada, ben, cleo, expect, meet, startWaiting, test, type Visitor } from '../fixtures';

const asksPresence = (one: Visitor) => expect(one.page.getByRole('heading', { level: 1 })).toHaveText('Still there?');

const heldWakeLocks = (one: Visitor) =>
  one.page.evaluate(() => window.mediaProbe.wakeLocks.filter(({ released }) => !released).length);

/** The device sleeps for an hour while its monotonic clock stands still; then the page wakes. */
async function sleepForAnHour(one: Visitor): Promise<void> {
  await one.page.evaluate(() => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + 3_600_000;
    document.dispatchEvent(new Event('visibilitychange'));
  });
}

test('a page that slept in a call shows nobody to a stranger until its person presses a button', async ({ visitor }) => {
  const [one, other, third] = [await visitor(ada), await visitor(ben), await visitor(cleo)];
  one.expectErrors(/WebSocket/);
  await one.page.clock.install();
  await meet(one, other);
  await third.arrive();
  await one.page.clock.fastForward('01:00:00');
  await asksPresence(one);
  await one.reaches('ready');
  await other.reaches('waiting');
  await one.takePhases();

  // If the first one were in the queue, the third would meet that one, who has waited for longer or as long.
  await third.start();
  await other.meets(cleo);
  expect(await one.takePhases()).toEqual([]);
  await one.button('I’m here').click();
  await one.reaches('waiting');
});

test('a page whose monotonic clock stood still asks, too, and shows the person their own picture', async ({ visitor }) => {
  const one = await visitor(ada);
  await startWaiting(one);
  await expect.poll(() => heldWakeLocks(one)).toBe(1);
  await sleepForAnHour(one);
  await asksPresence(one);
  await expect.poll(() => heldWakeLocks(one), { message: 'the screen may turn off' }).toBe(0);
  const self = one.page.locator('video[data-who=self]');
  await expect(self).toBeInViewport();
  expect(await self.evaluate((it: HTMLVideoElement) => it.videoWidth)).toBeGreaterThan(0);
  await one.button('I’m here').click();
  await one.reaches('waiting');
});
