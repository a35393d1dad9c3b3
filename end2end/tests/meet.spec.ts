import { ada, ben, cleo, dan, expect, test } from '../fixtures';

test('a stranger is one press away', async ({ visitor }) => {
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
  expect(await one.phases()).toEqual(['asking', 'ready', 'waiting', 'connecting', 'talking']);
});

test('nobody is asked for a camera before Start', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.arrive();
  expect(await one.opened()).toBe(0);
});

test('one sees oneself, and does not hear oneself', async ({ pair: [one] }) => {
  const self = one.page.locator('video[data-who=self]');
  await expect(self).toBeVisible();
  await expect(self).toHaveJSProperty('muted', true);
  await expect.poll(() => self.evaluate((video: HTMLVideoElement) => video.videoWidth)).toBeGreaterThan(0);
});

test('a third waits while two talk, a fourth makes two calls', async ({ pair: [one, other], visitor }) => {
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

test('who has a microphone only is heard, and sees', async ({ visitor }) => {
  const one = await visitor(ada, { desk: 'microphone only' });
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
