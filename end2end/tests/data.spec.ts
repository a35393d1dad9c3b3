import { ada, ben, expect, test, type Visitor } from '../fixtures';

/** Measures for one second how many bits per second a page sends. */
async function bitsPerSecond({ page }: Visitor): Promise<number> {
  return page.evaluate(async () => {
    const connection = window.mediaProbe.connected();
    const sent = async () => {
      let [bytes, at] = [0, 0];
      for (const report of (await connection.getStats()).values()) {
        if (report.type === 'outbound-rtp') [bytes, at] = [bytes + report.bytesSent + report.headerBytesSent, report.timestamp];
      }
      return { bytes, at };
    };
    const before = await sent();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const after = await sent();
    return ((after.bytes - before.bytes) * 8_000) / (after.at - before.at);
  });
}

/** Bits a second that a page which saves data stays below, with sound and headers. */
const SAVING = 250_000;

test('data saving limits sending to a quarter of a megabit per second', async ({ visitor }) => {
  const one = await visitor(ada, { devices: 'noisy camera' });
  const other = await visitor(ben);
  for (const it of [one, other]) {
    await it.arrive();
    await it.start();
  }
  await other.reaches('talking');
  // On two busy cores the browser's estimate of the bandwidth takes minutes to reach the limit of 1.5 Mbit/s.
  await expect.poll(() => bitsPerSecond(one), { message: 'bits per second before saving data', timeout: 30_000 }).toBeGreaterThan(SAVING * 1.2);

  await one.button('More').click();
  await one.page.getByRole('dialog').getByRole('switch', { name: 'Use less data' }).check();
  await expect.poll(() => bitsPerSecond(one), { message: 'bits per second while saving data', timeout: 5_000 }).toBeLessThan(SAVING);
  await other.reaches('talking');
});

test('a shared screen keeps its size and its detail while data is saved', async ({ pair: [one, other] }) => {
  await one.button('Share screen').click();
  await expect(other.page.getByText('They’re sharing their screen').first()).toBeVisible();
  await one.button('More').click();
  await one.page.getByRole('dialog').getByRole('switch', { name: 'Use less data' }).check();
  const encoding = () =>
    one.page.evaluate(() => {
      const senders = window.mediaProbe.connected().getSenders();
      const parameters = senders.find(({ track }) => track?.kind === 'video')!.getParameters();
      const { maxBitrate, scaleResolutionDownBy, maxFramerate } = parameters.encodings[0]!;
      const { degradationPreference } = parameters as { degradationPreference?: string };
      return { maxBitrate, scaleResolutionDownBy, maxFramerate, degradationPreference };
    });
  const saving = { maxBitrate: 150_000, scaleResolutionDownBy: 1, maxFramerate: 5, degradationPreference: 'maintain-resolution' };
  await expect.poll(encoding).toEqual(saving);
  const width = await one.page.evaluate(() => window.mediaProbe.tracks.at(-1)!.getSettings().width);
  await expect.poll(() => other.stranger.evaluate((video: HTMLVideoElement) => video.videoWidth), { timeout: 20_000 }).toBe(width);

  await one.page.keyboard.press('Escape');
  await one.button('Stop sharing').click();
  await expect.poll(encoding).toEqual({ ...saving, scaleResolutionDownBy: 2, maxFramerate: 15, degradationPreference: 'maintain-framerate' });
});

test('muting and turning the camera off need no renegotiation and reach the partner', async ({ pair: [one, other] }) => {
  const connected = await one.page.evaluateHandle(() => window.mediaProbe.connected());
  const localSdp = () => connected.evaluate((it) => it.localDescription!.sdp);
  const before = await localSdp();
  await one.button('Turn camera off').click();
  await expect(other.page.getByText('Their camera is off').first()).toBeVisible();
  await one.button('Mute microphone').click();
  const senders = () => connected.evaluate((it) => it.getSenders().map(({ track }) => track?.kind ?? null));
  await expect.poll(senders).toEqual([null, null]);
  await one.button('Turn camera on').click();
  await one.button('Unmute microphone').click();
  await expect.poll(senders).toEqual(['audio', 'video']);
  await other.sees(ada);
  await other.hears(ada);
  expect(await localSdp(), 'the local description did not change').toBe(before);
});

test('muting and unmuting with two presses at once leaves the sound on', async ({ pair: [one, other] }) => {
  for (let times = 0; times < 3; times++) {
    await one.page.evaluate(() => {
      const button = document.querySelector<HTMLButtonElement>('.dock button[title$="microphone"]')!;
      button.click();
      button.click();
    });
    // What the presses have begun is over after some frames.
    const sent = await one.page.evaluate(async () => {
      for (let frames = 0; frames < 30; frames++) await new Promise(requestAnimationFrame);
      return window.mediaProbe.connected().getSenders().map(({ track }) => track?.kind ?? null);
    });
    expect(sent.sort()).toEqual(['audio', 'video']);
    await other.hears(ada);
  }
});

test('a limit of the data that the browser refuses once is set again', async ({ pair: [one] }) => {
  await one.page.evaluate(() => {
    const set = RTCRtpSender.prototype.setParameters;
    let refused = 0;
    RTCRtpSender.prototype.setParameters = function (parameters) {
      const refuses = this.track?.kind === 'video' && refused++ === 0;
      return refuses ? Promise.reject(new DOMException('once', 'InvalidModificationError')) : set.call(this, parameters);
    };
  });
  await one.button('More').click();
  await one.page.getByRole('dialog').getByRole('switch', { name: 'Use less data' }).check();
  const limit = () =>
    one.page.evaluate(() => {
      const sender = window.mediaProbe.connected().getSenders().find(({ track }) => track?.kind === 'video')!;
      return sender.getParameters().encodings[0]!.maxBitrate;
    });
  await expect.poll(limit, { timeout: 10_000 }).toBe(150_000);
});
