import { ada, ben, cleo, dan, expect, test } from '../fixtures';

test('two visitors who press Start meet', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.arrive();
  await one.reaches('landing');
  await one.start();
  await one.reaches('waiting');

  const other = await visitor(ben);
  await other.arrive();
  await other.start();

  await one.meets(ben);
  await other.meets(ada);
  expect(await one.takePhases()).toEqual(['asking', 'ready', 'waiting', 'connecting', 'talking']);
});

test('the camera is not opened before Start', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.arrive();
  expect(await one.openedTracks()).toBe(0);
});

test('visitors see their own picture but do not hear themselves', async ({ pair: [one] }) => {
  const self = one.page.locator('video[data-who=self]');
  await expect(self).toBeVisible();
  await expect(self).toHaveJSProperty('muted', true);
  await expect.poll(() => self.evaluate((video: HTMLVideoElement) => video.videoWidth)).toBeGreaterThan(0);
});

test('a third visitor waits until a fourth arrives, and the first call goes on', async ({ pair: [one, other], visitor }) => {
  const third = await visitor(cleo);
  await third.arrive();
  await third.start();
  await third.reaches('waiting');
  await one.sees(ben);

  const fourth = await visitor(dan);
  await fourth.arrive();
  await fourth.start();
  await third.meets(dan);
  await fourth.meets(cleo);

  await one.sees(ben);
  await one.hears(ben);
  await other.sees(ada);
  await other.hears(ada);
});

test('a visitor with only a microphone is heard and sees the partner', async ({ visitor }) => {
  const one = await visitor(ada, { devices: 'microphone only' });
  await one.arrive();
  await one.start();
  await one.reaches('waiting');

  const other = await visitor(ben);
  await other.arrive();
  await other.start();

  await one.meets(ben);
  await other.reaches('talking');
  await other.hears(ada);
  expect(await other.stranger.evaluate((video: HTMLVideoElement) => video.videoWidth)).toBe(0);
});
