import { ada, ben, expect, test, type Visitor } from '../fixtures';

/** How many camera tracks of the page are live. */
const liveCameras = ({ page }: Visitor) =>
  page.evaluate(() => window.mediaProbe.tracks.filter(({ kind, readyState }) => kind === 'video' && readyState === 'live').length);

/** The device id of the camera that is open. */
const openCamera = ({ page }: Visitor) =>
  page.evaluate(() => {
    const live = window.mediaProbe.tracks.filter(({ kind, readyState }) => kind === 'video' && readyState === 'live');
    return live.map((it) => it.getSettings().deviceId).join();
  });

const liveMicrophones = ({ page }: Visitor) =>
  page.evaluate(() => window.mediaProbe.tracks.filter(({ kind, readyState }) => kind === 'audio' && readyState === 'live').length);

/** The device of this kind ends, as when it is unplugged. */
async function endDevice({ page }: Visitor, kind: 'audio' | 'video') {
  await page.evaluate((it) => {
    const track = window.mediaProbe.tracks.findLast(({ kind, readyState }) => kind === it && readyState === 'live')!;
    track.stop();
    track.dispatchEvent(new Event('ended'));
  }, kind);
}

test('a camera that is turned off is closed, and its picture comes back', async ({ pair: [one, other] }) => {
  const closedAfter = await one.page.evaluate(async () => {
    const button = [...document.querySelectorAll('button')].find((it) => it.checkVisibility() && it.title === 'Turn camera off')!;
    const began = performance.now();
    button.click();
    while (window.mediaProbe.tracks.some(({ kind, readyState }) => kind === 'video' && readyState === 'live')) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return performance.now() - began;
  });
  expect(closedAfter, 'milliseconds until no camera is open').toBeLessThan(300);
  await expect(other.page.getByText('Their camera is off').first()).toBeVisible();
  const before = await other.decodedFrames();
  await one.button('Turn camera on').click();
  await expect.poll(() => other.decodedFrames(), { message: 'frames at the other end' }).toBeGreaterThan(before + 5);
  await other.sees(ada);
  await expect(other.page.getByText('Their camera is off').first()).toBeHidden();
});

test('what is off stays off after Stop and in another page, until it is turned on in a call', async ({ visitor }) => {
  const [one, other] = [await visitor(ada), await visitor(ben)];
  await one.arrive();
  await one.button('Check camera and mic').click();
  await one.button('Turn camera off').click();
  await one.button('Mute microphone').click();
  await expect.poll(() => liveCameras(one)).toBe(0);
  await expect.poll(() => liveMicrophones(one), { message: 'open microphones outside of a call' }).toBe(0);
  await one.stop();
  await one.page.reload();
  await expect(one.app).toHaveAttribute('data-hydrated');
  await other.arrive();
  await one.start();
  await other.start();
  await one.meets(ben);
  await other.reaches('talking');
  expect(await one.openedTracks(), 'the browser was not asked').toBe(0);

  await one.button('Turn camera on').click();
  await other.sees(ada);
  await one.button('Unmute microphone').click();
  await other.hears(ada);
  await one.button('Mute microphone').click();
  await expect(other.page.getByText('They’re muted').first()).toBeVisible();
  expect(await liveMicrophones(one), 'a muted microphone stays open during a call').toBe(1);
});

test('another microphone replaces one that was unplugged in a call', async ({ pair: [one, other] }) => {
  // The page opens another microphone by itself once. The next one ends at once, and is not replaced.
  const told = other.page.getByText(/Their camera or microphone has a problem|They’re muted/).filter({ visible: true });
  await expect(async () => {
    if ((await liveMicrophones(one)) > 0) await endDevice(one, 'audio');
    await expect(told.first()).toBeVisible({ timeout: 500 });
    expect(await liveMicrophones(one)).toBe(0);
  }).toPass({ timeout: 15_000 });
  const sheet = await one.openMore();
  await sheet.getByRole('combobox', { name: 'Microphone' }).selectOption({ index: 1 });
  await sheet.getByRole('button', { name: 'Close' }).click();
  await other.hears(ada);
  await expect(other.page.getByText('Their camera or microphone has a problem').first()).toBeHidden();
});

test('a lost camera comes back by itself where the browser does not ask', async ({ pair: [one, other] }) => {
  await one.context.grantPermissions(['camera', 'microphone']);
  // A device that ends at once is not opened again and again.
  await one.page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 2_000)));
  await endDevice(one, 'video');
  await expect.poll(() => liveCameras(one)).toBe(1);
  await other.sees(ada);
});

test('a camera that the system mutes counts as off until it is back', async ({ pair: [one, other] }) => {
  await one.muteCamera('mute');
  await expect(other.page.getByText('Their camera or microphone has a problem').first()).toBeVisible();
  await expect(other.page.getByText('Their camera is off').first()).toBeVisible();
  await expect(one.page.locator('[data-own]')).toHaveAttribute('data-camera', 'interrupted');
  await one.muteCamera('unmute');
  await expect(one.page.locator('[data-own]')).toHaveAttribute('data-camera', 'on');
  await expect(other.page.getByText('Their camera is off').first()).toBeHidden();
  await other.sees(ada);
});

test('a phone that opens one camera at a time switches, and goes back if it cannot', async ({ visitor }) => {
  const [one, other] = [await visitor(ada, { devices: 'several cameras' }), await visitor(ben)];
  await one.page.addInitScript(() => {
    const open = MediaDevices.prototype.getUserMedia;
    const cameras: MediaStreamTrack[] = [];
    MediaDevices.prototype.getUserMedia = async function (constraints) {
      const isLive = cameras.some(({ readyState }) => readyState === 'live');
      const id = ((constraints?.video as MediaTrackConstraints)?.deviceId as ConstrainDOMStringParameters)?.exact;
      if (constraints?.video && (isLive || (id !== undefined && id === window.brokenCamera))) {
        throw new DOMException('in use', 'NotReadableError');
      }
      const stream = await open.call(this, constraints);
      cameras.push(...stream.getVideoTracks());
      return stream;
    };
  });
  await meetMoving(one, other);
  const sheet = await one.openMore();
  const cameras = sheet.getByRole('combobox', { name: 'Camera' });
  const ids = await cameras.locator('option').evaluateAll((all) => all.map((it) => (it as HTMLOptionElement).value));
  const first = await cameras.inputValue();
  const next = ids.findLast((it) => it !== first)!;
  await cameras.selectOption(next);
  await expect.poll(() => liveCameras(one)).toBe(1);
  await expect(cameras).toHaveValue(next);
  const frames = await other.decodedFrames();
  await expect.poll(() => other.decodedFrames(), { message: 'frames of the other camera' }).toBeGreaterThan(frames + 10);

  await one.page.evaluate((id) => (window.brokenCamera = id), first);
  await cameras.selectOption(first);
  await expect(one.page.getByText('so we switched back').first()).toBeAttached();
  await expect.poll(() => openCamera(one), { message: 'the camera before' }).toBe(next);
  await expect(cameras).toHaveValue(next);
  const later = await other.decodedFrames();
  await expect.poll(() => other.decodedFrames(), { message: 'frames after going back' }).toBeGreaterThan(later + 10);
});

test('the camera that was chosen is opened on the next visit', async ({ visitor }) => {
  const one = await visitor(ada, { devices: 'several cameras' });
  await one.arrive();
  await one.button('Check camera and mic').click();
  const cameras = one.page.getByRole('combobox', { name: 'Camera' }).filter({ visible: true });
  await expect.poll(() => openCamera(one)).not.toBe('');
  const chosen = (await cameras.locator('option').last().getAttribute('value'))!;
  expect(await openCamera(one), 'another camera is opened at first').not.toBe(chosen);
  await cameras.selectOption(chosen);
  await expect.poll(() => openCamera(one)).toBe(chosen);
  await one.page.reload();
  await one.button('Check camera and mic').click();
  await expect.poll(() => openCamera(one), { message: 'the camera of the next visit' }).toBe(chosen);
  await expect(cameras).toHaveValue(chosen);
});

test('a browser that never answers is explained after 15 s, and can be passed by', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.page.addInitScript(() => {
    MediaDevices.prototype.getUserMedia = () => new Promise(() => undefined);
  });
  await one.arrive();
  await one.start();
  await one.reaches('asking');
  await expect(one.page.getByRole('heading', { level: 1 })).toHaveText('Your browser hasn’t answered', { timeout: 20_000 });
  await one.button('Continue without camera').click();
  await one.reaches('waiting');
});

test('a stranger whom the browser pauses is played again', async ({ pair: [one] }) => {
  await one.stranger.evaluate((it: HTMLVideoElement) => it.pause());
  await expect.poll(() => one.stranger.evaluate((it: HTMLVideoElement) => it.paused)).toBe(false);
  await one.sees(ben);
});

test('the picture of a camera on the back of a phone is not mirrored', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.page.addInitScript(() => {
    const settings = MediaStreamTrack.prototype.getSettings;
    MediaStreamTrack.prototype.getSettings = function () {
      const facingMode = this.kind === 'video' ? { facingMode: 'environment' } : {};
      return { ...settings.call(this), ...facingMode };
    };
  });
  await one.arrive();
  await one.button('Check camera and mic').click();
  const own = one.page.locator('[data-own]');
  await expect(own).toHaveAttribute('data-unmirrored');
  await expect.poll(() => own.locator('video').evaluate((it) => getComputedStyle(it).scale)).toBe('none');
});

test('one who saves data receives less, too', async ({ visitor }) => {
  const [one, other] = [await visitor(ada), await visitor(ben, { devices: 'noisy camera' })];
  await meetMoving(one, other);
  await one.page.locator('.dock').getByRole('button', { name: 'More' }).click();
  await one.page.getByRole('dialog').getByRole('switch', { name: 'Use less data' }).check();
  const limits = () =>
    other.page.evaluate(() => {
      const connection = window.mediaProbe.connected();
      const video = connection.getSenders().find(({ track }) => track?.kind === 'video')!;
      return video.getParameters().encodings[0]!.maxBitrate;
    });
  await expect.poll(limits, { message: 'bits a second that the other may send' }).toBe(150_000);
  await expect(other.page.getByText('They’re saving data').first()).toBeVisible();
  await one.page.getByRole('dialog').getByRole('switch', { name: 'Use less data' }).uncheck();
  await expect.poll(limits).toBe(1_500_000);
});

/** Both press Start and see a picture move; one of them has a camera without a colour of its own. */
async function meetMoving(one: Visitor, other: Visitor) {
  for (const it of [one, other]) {
    await it.arrive();
    await it.start();
  }
  for (const it of [one, other]) {
    await it.reaches('talking');
    await it.seesMovingVideo();
  }
}

declare global {
  interface Window {
    /** The id of a camera that cannot be opened. */
    brokenCamera?: string;
  }
}

/** Lets all cameras list these values for the blur of the background. They do not blur. */
async function listBlur({ page }: Visitor, values: boolean[]): Promise<void> {
  await page.addInitScript((values) => {
    const capabilities = MediaStreamTrack.prototype.getCapabilities;
    MediaStreamTrack.prototype.getCapabilities = function () {
      const blur = this.kind === 'video' ? { backgroundBlur: values } : {};
      return { ...capabilities.call(this), ...blur };
    };
  }, values);
}

test('blur is offered only by a camera that can turn it on and off, and not shown as on where it is off', async ({ visitor }) => {
  for (const values of [[true], [true, false]]) {
    const one = await visitor(ada);
    await listBlur(one, values);
    await one.arrive();
    await one.button('Check camera and mic').click();
    await one.reaches('ready');
    await one.button('Settings').click();
    const sheet = one.page.getByRole('dialog', { name: 'Settings' });
    await expect(sheet.getByRole('switch', { name: 'Use less data' })).toBeVisible();
    const blur = sheet.getByRole('switch', { name: 'Blur my background' });
    if (values.length > 1) {
      await blur.click();
    }
    await expect(blur).toBeHidden();
  }
});
