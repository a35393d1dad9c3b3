import { ada, ben, expect, test } from '../fixtures';

test('the device check shows picture, level and tone, and the call uses the same devices', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.arrive();
  await one.button('Check camera and mic').click();
  await expect(one.page.getByRole('heading', { level: 1 })).toHaveText('Looking good?');
  const self = one.page.locator('video[data-who=self]');
  await expect.poll(() => self.evaluate((it: HTMLVideoElement) => it.videoWidth)).toBeGreaterThan(0);
  await expect
    .poll(() => one.page.locator('meter').evaluate((it: HTMLMeterElement) => it.value), { message: 'the level follows the voice' })
    .toBeGreaterThan(0.1);
  await expect(one.page.locator('.panel').getByRole('combobox', { name: 'Camera' })).toBeVisible();
  const speakers = one.page.locator('.panel').getByRole('combobox', { name: 'Speaker' });
  const speaker = await speakers.locator('option').last().getAttribute('value');
  await speakers.selectOption(speaker);
  await one.page.locator('.panel').getByRole('button', { name: 'Test speaker' }).click();
  await expect.poll(() => one.page.evaluate(() => window.mediaProbe.tones)).toEqual([{ hertz: 440, speaker }]);
  const opened = await one.openedTracks();

  const size = one.page.viewportSize()!;
  for (const [width, height] of [[390, 844], [844, 390], [1440, 900]] as const) {
    await one.page.setViewportSize({ width, height });
    const bottom = () => one.page.evaluate(() => scrollTo(0, 0)).then(() => one.button('Go live').evaluate((it) => it.getBoundingClientRect().bottom));
    await expect.poll(bottom, { message: `Go live is in view at ${width}x${height}` }).toBeLessThanOrEqual(height);
  }
  await one.page.setViewportSize(size);

  await one.goLive();
  await one.reaches('waiting');
  expect(await one.openedTracks(), 'no device is opened again').toBe(opened);
  const other = await visitor(ben);
  await other.arrive();
  await other.start();
  await one.meets(ben);
  await other.meets(ada);
  await expect
    .poll(() => one.stranger.evaluate((it: HTMLVideoElement) => it.sinkId), { message: 'the stranger is played through the chosen speaker' })
    .toBe(speaker);
});

test('leaving the device check releases the camera', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.arrive();
  await one.button('Check camera and mic').click();
  await expect(one.page.getByRole('heading', { level: 1 })).toHaveText('Looking good?');
  await one.stop();
  await one.reaches('landing');
  await one.hasReleasedDevices();
});

test('a visitor without devices can still meet, see, hear and write', async ({ visitor }) => {
  const one = await visitor(ada, { devices: 'none' });
  await one.arrive();
  await one.start();
  await one.seesProblem('no-device');
  await one.button('Continue without camera').click();
  await one.reaches('waiting');
  const other = await visitor(ben);
  await other.arrive();
  await other.start();
  await one.meets(ben);
  await other.reaches('talking');
  await expect(other.page.getByText('Their camera is off').first()).toBeVisible();
  await one.button('Chat').click();
  await one.page.getByRole('textbox', { name: 'Message' }).fill('I am here');
  await one.button('Send').click();
  await expect(other.page.getByRole('log')).toContainText('I am here');
});
