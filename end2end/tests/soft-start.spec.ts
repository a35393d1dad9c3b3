import { ada, ben, cleo, expect, test, type Visitor } from '../fixtures';
import { launchFirefox, FirefoxVisitor } from '../fixtures/firefox';

/** The widest frame that may arrive before both have revealed their pictures, in pixels. */
const TINY = 64;

/** How long the full picture may take after the second press, in milliseconds. */
const SHARP_WITHIN_MS = 1_500;

/** From the next page load on, records the width of every frame of the stranger. */
async function recordWidths(one: Visitor): Promise<void> {
  await one.page.addInitScript(() => {
    const widths: number[] = [];
    Object.assign(window, { widths });
    const look = () => {
      const video = document.querySelector<HTMLVideoElement>('video[data-who=stranger]');
      const next = () => {
        widths.push(Math.max(video!.videoWidth, video!.videoHeight));
        video!.requestVideoFrameCallback(next);
      };
      if (video) video.requestVideoFrameCallback(next);
      else requestAnimationFrame(look);
    };
    look();
  });
}

const takeWidths = (one: Visitor) => one.page.evaluate(() => (window as unknown as { widths: number[] }).widths.splice(0));

/** The largest difference between two pixels of the stranger's picture, in its brightness from 0 to 255. */
const contrast = (one: Visitor) =>
  one.stranger.evaluate((video: HTMLVideoElement) => {
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d')!;
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    context.drawImage(video, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let [darkest, brightest] = [255, 0];
    for (let i = 0; i < data.length; i += 4) {
      const tone = (data[i]! + data[i + 1]! + data[i + 2]!) / 3;
      [darkest, brightest] = [Math.min(darkest, tone), Math.max(brightest, tone)];
    }
    return brightest - darkest;
  });

/** Turns the soft start on in the settings, and waits for a stranger. */
async function startSoftly(one: Visitor): Promise<void> {
  await one.button('Settings').click();
  await one.page.getByRole('switch', { name: 'Start blurred' }).check();
  await one.page.keyboard.press('Escape');
  await one.start();
  await one.reaches('waiting');
}

/** One of the two has turned the soft start on, and they are in a call. */
async function meetSoftly(one: Visitor, other: Visitor): Promise<void> {
  for (const visitor of [one, other]) {
    await recordWidths(visitor);
    await visitor.arrive();
  }
  await startSoftly(one);
  await other.start();
  await one.meets(other.person);
  await other.meets(one.person);
}

test('the pictures stay tiny and covered until both have pressed Reveal, while sound and chat work', async ({ visitor }) => {
  const [one, other] = [await visitor(ada), await visitor(ben)];
  await meetSoftly(one, other);
  for (const visitor of [one, other]) {
    expect(Math.max(...(await takeWidths(visitor))), 'the widest frame').toBeLessThanOrEqual(TINY);
    await expect(visitor.button('Reveal')).toBeVisible();
    await expect(visitor.page.locator('.reveal', { hasText: 'both blurred' })).toBeVisible();
    const filter = await visitor.stranger.evaluate((it) => getComputedStyle(it).filter);
    expect(filter, 'the picture is covered as well').toContain('blur');
  }
  await expect(one.button('Share screen')).toHaveAttribute('aria-disabled', 'true');
  await one.page.keyboard.press('t');
  // Until then the letters are shortcuts.
  await expect(one.page.getByRole('textbox', { name: 'Message' })).toBeFocused();
  await one.page.keyboard.type('Shall we?');
  await one.page.keyboard.press('Enter');
  await expect(other.page.getByText('Shall we?').first()).toBeVisible();

  await one.button('Reveal').click();
  await expect(one.page.locator('.reveal', { hasText: 'They can\u2019t see you yet' })).toBeVisible();
  await expect(one.button('Reveal')).toBeHidden();
  await expect(other.page.locator('.reveal', { hasText: 'They\u2019re ready when you are' })).toBeVisible();
  await one.sees(ben);
  expect(Math.max(...(await takeWidths(one)), ...(await takeWidths(other))), 'one Reveal is not enough').toBeLessThanOrEqual(TINY);

  await other.button('Reveal').click();
  const pressed = Date.now();
  for (const visitor of [one, other]) {
    const width = () => visitor.stranger.evaluate((it: HTMLVideoElement) => it.videoWidth);
    await expect.poll(width, { intervals: [50] }).toBeGreaterThan(300);
  }
  expect(Date.now() - pressed, 'milliseconds until both pictures are sharp').toBeLessThanOrEqual(SHARP_WITHIN_MS);
  for (const visitor of [one, other]) {
    await expect(visitor.page.locator('.reveal')).toBeHidden();
    expect(await visitor.stranger.evaluate((it) => getComputedStyle(it).filter)).toBe('none');
  }
  await one.sees(ben);
  await other.sees(ada);
});

test('a fine pattern before the camera arrives as one tone, and the next stranger is covered again', async ({ visitor }) => {
  const [one, other, third] = [await visitor(ada), await visitor(ben, { devices: 'fine pattern' }), await visitor(cleo)];
  await recordWidths(one);
  await one.arrive();
  await startSoftly(one);
  await other.arrive();
  await other.start();
  await one.reaches('talking');
  await one.seesMovingVideo();
  expect(await contrast(one), 'black and white squares of 2 pixels').toBeLessThan(32);
  await one.button('Reveal').click();
  await other.button('Reveal').click();
  await expect.poll(() => contrast(one), { message: 'the pattern is seen once both have revealed theirs' }).toBeGreaterThan(128);

  await other.stop();
  await third.arrive();
  await third.start();
  await one.reaches('talking');
  await one.sees(cleo);
  await expect(one.button('Reveal')).toBeVisible();
  expect((await takeWidths(one)).at(-1)).toBeLessThanOrEqual(TINY);
});

test('in Firefox and Chromium the pictures are tiny until both press Reveal', async ({ visitor, home, faultyProxy }) => {
  const browser = await launchFirefox(ben, faultyProxy);
  try {
    const [one, fox] = [await visitor(ada), await FirefoxVisitor.create(ben, browser)];
    await recordWidths(one);
    await one.arrive();
    await startSoftly(one);
    await fox.arrive(home);
    await fox.press('Start');
    await one.reaches('talking');
    await one.seesMovingVideo();
    expect(Math.max(...(await takeWidths(one))), 'the widest frame from Firefox').toBeLessThanOrEqual(TINY);
    expect(await fox.strangerWidth(), 'the frames from Chromium').toBeLessThanOrEqual(TINY);
    await fox.press('Reveal');
    await one.button('Reveal').click();
    await expect.poll(() => one.stranger.evaluate((it: HTMLVideoElement) => it.videoWidth)).toBeGreaterThan(300);
    await expect.poll(() => fox.strangerWidth()).toBeGreaterThan(300);
    expect(fox.errors).toEqual([]);
  } finally {
    await browser.close();
  }
});
