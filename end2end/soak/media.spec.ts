import { expect, test } from '../fixtures';
import { median } from '../fixtures/speed';

/** From the press to the first frame at the other end, in milliseconds. */
const CAMERA_ON_MS = 1_000;
const ROUNDS = 10;

/** The bits a second that a page sends which saves data, with a tenth for measuring over a short time. */
const SAVING_BITRATE = 150_000 * 1.1;
/** How like the original a page of text is that can be read: 1 is the same, and grey without letters is 0. */
const READABLE = 0.9;

declare global {
  interface Window {
    /** When the next frame of the stranger is displayed, in milliseconds since the epoch. */
    nextFrame?: Promise<number>;
    /** Draws a page of small text, with a dot that moves. */
    drawText(canvas: HTMLCanvasElement, frame: number): void;
  }
}

test('a camera that is turned on again is seen within a second', async ({ pair: [one, other] }) => {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await one.button('Turn camera off').click();
    await expect(other.page.locator('.chip', { hasText: 'Their camera is off' })).toBeVisible();
    // Frames that were on their way have arrived by then.
    await one.page.waitForTimeout(500);
    await other.stranger.evaluate((it: HTMLVideoElement) => {
      window.nextFrame = new Promise((resolve) => it.requestVideoFrameCallback(() => resolve(Date.now())));
    });
    const pressedAt = await one.page.evaluate(() => {
      [...document.querySelectorAll('button')].find((it) => it.checkVisibility() && it.title === 'Turn camera on')!.click();
      return Date.now();
    });
    times.push((await other.page.evaluate(() => window.nextFrame!)) - pressedAt);
  }
  console.log(`camera on to first frame, ms: ${times.join(' ')}`);
  expect(median(times)).toBeLessThan(CAMERA_ON_MS);
});

test('a shared page of text can be read at 150 kbit/s', async ({ pair: [one, other] }) => {
  for (const { page } of [one, other]) {
    await page.evaluate(() => {
      window.drawText = (canvas, frame) => {
        const context = canvas.getContext('2d')!;
        [context.fillStyle, context.font] = ['white', '16px sans-serif'];
        context.fillRect(0, 0, canvas.width, canvas.height);
        context.fillStyle = 'black';
        for (let line = 0; line < 34; line++) {
          const text = `Line ${line}: the quick brown fox jumps over the lazy dog, 0123456789, and packs my box with jugs.`;
          context.fillText(text, 20, 30 + line * 20);
        }
        context.fillRect(1_200, (frame * 5) % 700, 10, 10);
      };
    });
  }
  await one.page.evaluate(() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 1_280, height: 720 });
    let frame = 0;
    window.drawText(canvas, frame);
    setInterval(() => window.drawText(canvas, frame++), 100);
    MediaDevices.prototype.getDisplayMedia = () => Promise.resolve(canvas.captureStream(15));
  });
  await one.button('More').click();
  await one.page.getByRole('dialog').getByRole('switch', { name: 'Use less data' }).check();
  await one.page.keyboard.press('Escape');
  await one.button('Share screen').click();
  const width = () => other.stranger.evaluate((video: HTMLVideoElement) => video.videoWidth);
  await expect.poll(width, { timeout: 20_000 }).toBe(1_280);
  // The time in which the picture has to become sharp.
  await one.page.waitForTimeout(10_000);

  const likeness = await other.stranger.evaluate((video: HTMLVideoElement) => {
    // The part with the text, without the dot.
    const [left, top, width, height] = [0, 0, 1_100, 720] as const;
    const grey = (draw: (canvas: HTMLCanvasElement) => void) => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 1_280, height: 720 });
      draw(canvas);
      const { data } = canvas.getContext('2d')!.getImageData(left, top, width, height);
      const values = new Float64Array(width * height);
      for (let i = 0; i < values.length; i++) values[i] = data[4 * i]! + data[4 * i + 1]! + data[4 * i + 2]!;
      const mean = values.reduce((sum, it) => sum + it, 0) / values.length;
      return values.map((it) => it - mean);
    };
    const received = grey((canvas) => canvas.getContext('2d')!.drawImage(video, 0, 0));
    const original = grey((canvas) => window.drawText(canvas, 0));
    const product = (a: Float64Array, b: Float64Array) => a.reduce((sum, it, i) => sum + it * b[i]!, 0);
    return product(received, original) / Math.sqrt(product(received, received) * product(original, original));
  });
  const bytes = () =>
    one.page.evaluate(async () => {
      const connection = window.mediaProbe.connected();
      const sent = [...(await connection.getStats()).values()].find(({ type, kind }) => type === 'outbound-rtp' && kind === 'video');
      return sent.bytesSent as number;
    });
  const before = await bytes();
  await one.page.waitForTimeout(10_000);
  const bitrate = ((await bytes()) - before) * 8 / 10;
  console.log(`likeness ${likeness.toFixed(3)} at ${Math.round(bitrate / 1_000)} kbit/s`);
  expect(bitrate).toBeLessThan(SAVING_BITRATE);
  expect(likeness).toBeGreaterThan(READABLE);
});
