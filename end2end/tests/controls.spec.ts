import { ada, ben, expect, meet, test, type Visitor } from '../fixtures';
import { WITH_RELAY } from '../fixtures/server';
import { relayTest } from '../fixtures/relay-pair';

const senders = ({ page }: Visitor) =>
  page.evaluate(() =>
    window.mediaProbe
      .connected()
      .getSenders()
      .map(({ track }) => track?.label ?? null),
  );

/** The system mutes the screen or the camera that was opened last, lets it through again, or ends it. */
async function screenEvent({ page }: Visitor, event: 'mute' | 'unmute' | 'ended') {
  await page.evaluate((it) => {
    const track = window.mediaProbe.tracks.findLast(({ kind, readyState }) => kind === 'video' && readyState === 'live')!;
    if (it === 'ended') track.stop();
    track.dispatchEvent(new Event(it));
  }, event);
}

/** Whether the own picture shows the screen or the camera that was opened last. */
const isShown = ({ page }: Visitor) =>
  page.evaluate(() => {
    const shown = document.querySelector<HTMLVideoElement>('video[data-who=self]')!.srcObject as MediaStream;
    const open = window.mediaProbe.tracks.findLast(({ kind, readyState }) => kind === 'video' && readyState === 'live')!;
    return shown.getVideoTracks()[0]!.id === open.id;
  });

test('a screen that the system does not let the browser share is explained', async ({ pair: [one] }) => {
  await one.page.evaluate(() => {
    MediaDevices.prototype.getDisplayMedia = () => Promise.reject(new DOMException('Permission denied by system', 'NotAllowedError'));
  });
  await one.button('Share screen').click();
  await expect(one.page.locator('.chip', { hasText: 'Your device doesn’t let this browser share' })).toBeVisible();
  await expect(one.button('Share screen')).toBeVisible();
});

test('the partner sees a shared screen, and the camera again when sharing ends', async ({ pair: [one, other] }) => {
  await one.button('Share screen').click();
  await expect(other.page.getByText('They’re sharing their screen').first()).toBeVisible();
  await expect(one.page.getByText('You’re sharing your screen')).toBeVisible();
  const own = one.page.locator('[data-own]');
  await expect(own).toHaveAttribute('data-unmirrored');
  expect(await isShown(one), 'the screen in the own picture').toBe(true);
  await expect
    .poll(() => other.stranger.evaluate((it: HTMLVideoElement) => [it.videoWidth / it.videoHeight, getComputedStyle(it).objectFit]))
    .not.toEqual([4 / 3, 'cover']);
  const before = await other.decodedFrames();
  await expect.poll(() => other.decodedFrames(), { message: 'frames of the screen' }).toBeGreaterThan(before);

  // A window that is minimised gives no picture.
  await screenEvent(one, 'mute');
  await expect(one.page.locator('.chip', { hasText: 'The window you’re sharing shows nothing right now' })).toBeVisible();
  await expect(other.page.getByText('Their camera or microphone has a problem').first()).toBeVisible();
  await screenEvent(one, 'unmute');
  await expect(other.page.getByText('Their camera or microphone has a problem').first()).toBeHidden();

  // Like the browser's own button for ending the sharing.
  await screenEvent(one, 'ended');
  await expect(one.button('Share screen')).toBeVisible();
  expect(await isShown(one), 'the camera in the own picture').toBe(true);
  await expect(own).not.toHaveAttribute('data-unmirrored');
  await other.sees(ada);
  await expect(other.page.getByText('They’re sharing their screen').first()).toBeHidden();
});

test('switching the microphone changes the sent track but does not unmute it', async ({ pair: [one, other] }) => {
  await one.button('Mute microphone').click();
  const sheet = await one.openMore();
  const microphones = sheet.getByRole('combobox', { name: 'Microphone' });
  const names = await microphones.locator('option').allTextContents();
  expect(names.length, 'fake microphones').toBeGreaterThan(1);
  await microphones.selectOption({ index: names.length - 1 });
  await sheet.getByRole('button', { name: 'Close' }).click();
  await expect(one.button('Unmute microphone')).toBeVisible();
  expect(await senders(one)).toContain(null);
  await one.button('Unmute microphone').click();
  await expect.poll(() => senders(one)).toContain(names.at(-1));
  await other.reaches('talking');
  await one.page.reload();
  expect(await one.page.evaluate(() => localStorage.getItem('passerby.microphone')), 'the choice is remembered').toBeTruthy();
});

test('the camera can be switched from the menu or with one press', async ({ visitor }) => {
  const one = await visitor(ada, { devices: 'several cameras' });
  const other = await visitor(ben);
  for (const it of [one, other]) {
    await it.arrive();
    await it.start();
  }
  await other.reaches('talking');
  const expectNewCamera = async (action: () => Promise<unknown>) => {
    const before = (await senders(one)).at(-1);
    await action();
    await expect.poll(async () => (await senders(one)).at(-1)).not.toBe(before);
    const frames = await other.decodedFrames();
    await expect.poll(() => other.decodedFrames(), { message: 'frames of the new camera' }).toBeGreaterThan(frames + 10);
  };
  const sheet = await one.openMore();
  const cameras = sheet.getByRole('combobox', { name: 'Camera' });
  await expectNewCamera(() => cameras.selectOption({ index: 2 }));
  await expectNewCamera(() => sheet.getByRole('button', { name: 'Switch camera' }).click());
  await expect(cameras.locator('option:checked'), 'the menu shows the new camera').toHaveText((await senders(one)).at(-1)!);
  await sheet.getByRole('button', { name: 'Close' }).click();
  await one.stop();
  await one.hasReleasedDevices();
});

test('the stranger is played through the chosen speaker', async ({ pair: [one] }) => {
  const sheet = await one.openMore();
  const speakers = sheet.getByRole('combobox', { name: 'Speaker' });
  const id = await speakers.locator('option').last().getAttribute('value');
  expect(await one.stranger.evaluate((it: HTMLVideoElement) => it.sinkId)).not.toBe(id);
  await speakers.selectOption(id);
  await expect.poll(() => one.stranger.evaluate((it: HTMLVideoElement) => it.sinkId)).toBe(id);
});

test('picture in picture shows the stranger and closes when they leave', async ({ pair: [one, other] }) => {
  const pictureInPicture = () => one.page.evaluate(() => document.pictureInPictureElement?.getAttribute('data-who') ?? null);
  const sheet = await one.openMore();
  await sheet.getByRole('button', { name: 'Picture-in-picture' }).click();
  await expect.poll(pictureInPicture).toBe('stranger');
  await one.sees(ben);
  await sheet.getByRole('button', { name: 'Exit picture-in-picture' }).click();
  await expect.poll(pictureInPicture).toBe(null);
  await sheet.getByRole('button', { name: 'Picture-in-picture' }).click();
  await expect.poll(pictureInPicture).toBe('stranger');
  await other.closeTab();
  await expect.poll(pictureInPicture, { message: 'the window closes when the stranger leaves', timeout: 40_000 }).toBe(null);
});

test('the screen stays awake while waiting and during a call only', async ({ pair: [one, other] }) => {
  const activeLocks = () => one.page.evaluate(() => window.mediaProbe.wakeLocks.filter(({ released }) => !released).length);
  await expect.poll(activeLocks).toBe(1);
  await other.stop();
  await one.reaches('waiting');
  await expect.poll(activeLocks).toBe(1);
  await one.stop();
  await expect.poll(activeLocks).toBe(0);
});

test('the volume of the stranger can be changed and muted', async ({ pair: [one, other] }) => {
  const sheet = await one.openMore();
  await sheet.getByRole('slider', { name: 'Their volume' }).fill('30');
  await expect.poll(() => one.stranger.evaluate((it: HTMLVideoElement) => it.volume)).toBeCloseTo(0.3);
  await sheet.getByRole('button', { name: 'Mute them', exact: true }).click();
  await expect.poll(() => one.stranger.evaluate((it: HTMLVideoElement) => it.muted)).toBe(true);
  await sheet.getByRole('button', { name: 'Unmute them' }).click();
  await expect.poll(() => one.stranger.evaluate((it: HTMLVideoElement) => it.muted)).toBe(false);
  await other.hears(ada);
});

test('F enters and leaves full screen', async ({ pair: [one] }) => {
  await one.page.keyboard.press('f');
  await expect.poll(() => one.page.evaluate(() => document.fullscreenElement !== null)).toBe(true);
  // The page is told with the next frame.
  await one.page.evaluate(() => new Promise(requestAnimationFrame));
  await one.page.keyboard.press('f');
  await expect.poll(() => one.page.evaluate(() => document.fullscreenElement !== null)).toBe(false);
});

test('visitors can drag, move, unmirror and hide their own picture', async ({ pair: [one] }) => {
  const own = one.page.locator('[data-own]');
  const box = async () => (await own.boundingBox())!;
  const before = await box();
  await one.page.mouse.move(before.x + 20, before.y + 20);
  await one.page.mouse.down();
  await one.page.mouse.move(60, 120, { steps: 4 });
  await one.page.mouse.up();
  await expect(own).toHaveAttribute('data-corner', 'top-start');
  expect((await box()).x).toBeLessThan(before.x);

  const sheet = await one.openMore();
  await sheet.getByRole('button', { name: 'Move my video' }).click();
  await expect(own).toHaveAttribute('data-corner', 'top-end');
  await sheet.getByRole('switch', { name: 'Don’t mirror my video' }).click();
  await expect.poll(() => own.locator('video').evaluate((it) => getComputedStyle(it).scale)).toBe('none');
  await sheet.getByRole('switch', { name: 'Hide my own video' }).click();
  await expect(own).toBeHidden();

  await sheet.getByRole('button', { name: 'Clear my data' }).click();
  await expect(own).toBeVisible();
  expect(await one.page.evaluate(() => localStorage.length), 'entries in localStorage').toBe(0);
});

test('push to talk sends the voice only while the space bar is held', async ({ pair: [one, other] }) => {
  const sheet = await one.openMore();
  await sheet.getByRole('switch', { name: 'Push to talk' }).click();
  await one.page.keyboard.press('Escape');
  await expect(other.page.getByText('They’re muted').first()).toBeVisible();
  await one.page.locator('h1').focus();
  await one.page.keyboard.down(' ');
  await expect(other.page.getByText('They’re muted').first()).toBeHidden();
  await other.hears(ada);
  await one.page.keyboard.up(' ');
  await expect(other.page.getByText('They’re muted').first()).toBeVisible();
});

test('single-key shortcuts work and can be turned off', async ({ pair: [one, other] }) => {
  await one.page.locator('h1').focus();
  await one.page.keyboard.press('m');
  await expect(other.page.getByText('They’re muted').first()).toBeVisible();
  await one.page.keyboard.press('c');
  await expect(other.page.getByText('Their camera is off').first()).toBeVisible();
  await one.page.keyboard.press('m');
  await one.page.keyboard.press('c');
  await other.sees(ada);
  await other.hears(ada);
  await one.page.keyboard.press('?');
  const sheet = one.page.getByRole('dialog', { name: 'Settings' });
  await expect(sheet.getByText('M: microphone')).toBeVisible();
  await sheet.getByRole('switch', { name: 'Turn off shortcuts' }).click();
  await one.page.keyboard.press('Escape');
  await expect(sheet).toBeHidden();
  await expect(one.page.getByText('Press Esc again to skip'), 'this Escape only closes the sheet').toBeHidden();
  await one.page.locator('h1').focus();
  await one.page.keyboard.press('m');
  await expect(one.button('Mute microphone')).toBeVisible();
});

test('the partner is told when the tab is in the background', async ({ pair: [one, other] }) => {
  await one.page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await expect(other.page.getByText('They’ve switched to another app').first()).toBeVisible();
});

test('connection details show the quality, plots and a report to copy', async ({ pair: [one] }) => {
  await one.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await expect(one.app).toHaveAttribute('data-strength', 'good');
  await one.openDetails();
  await expect(one.page.getByText(/Received: \d+ kbit\/s/)).toBeVisible();
  await expect.poll(async () => (await one.page.locator('polyline').first().getAttribute('points'))!.split(' ').length).toBeGreaterThan(2);
  await expect(one.page.getByText(/Codecs: .*VP8/)).toBeVisible();
  await one.button('Copy debug info').click();
  await expect.poll(() => one.page.evaluate(() => navigator.clipboard.readText())).toContain('phase: talking');
});

relayTest('connection details name the quality and the path, and follow changes', async ({ relayPair: { pair, path } }) => {
  const [one] = pair;
  for (const it of pair) await it.start();
  await one.reaches('talking');
  await expect(one.page.locator('.chips .bars'), 'a good connection is not mentioned').toBeHidden();
  const details = await one.openDetails();
  await expect(details.getByText('Good connection')).toBeVisible();
  await expect(details.getByText('Through a relay')).toBeVisible();
  path.loss = 20;
  await expect(details.getByText('Poor connection')).toBeVisible({ timeout: 30_000 });
  await expect(one.page.locator('.chips .bars')).toBeVisible();
  path.loss = 0;
  await expect(details.getByText('Good connection')).toBeVisible({ timeout: 30_000 });
});

test('the volume of the stranger is offered only where the browser sets it', async ({ visitor }) => {
  const [one, other] = [await visitor(ada), await visitor(ben)];
  // iOS before 15 ignores the volume; later ones show the new one for a moment.
  await one.page.addInitScript(() => {
    Object.defineProperty(HTMLMediaElement.prototype, 'volume', { get: () => 1, set: () => undefined });
  });
  await other.page.addInitScript(() => {
    let volume = 1;
    const set = (to: number) => {
      volume = to;
      queueMicrotask(() => (volume = 1));
    };
    Object.defineProperty(HTMLMediaElement.prototype, 'volume', { get: () => volume, set });
  });
  await meet(one, other);
  for (const it of [one, other]) {
    const sheet = await it.openMore();
    await expect(sheet.getByRole('button', { name: 'Mute them', exact: true })).toBeVisible();
    await expect(sheet.getByRole('slider')).toBeHidden();
  }
});

test('the sheet opens at its top and has only what this device and server can do', async ({ server, visitor }) => {
  const one = await visitor(ada, { browser: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } });
  await one.arrive();
  const sheet = one.page.getByRole('dialog', { name: 'Settings' });
  const open = () => one.button('Settings').tap();
  await open();
  await expect(one.button('Close')).toBeFocused();
  const headings = () => sheet.getByRole('heading', { level: 3 }).filter({ visible: true }).allTextContents();
  expect(await headings(), 'a phone has no keyboard').toEqual(['You', 'Interests', 'Privacy', 'Connection']);
  await expect(sheet.getByRole('switch', { name: 'Hide my IP address' })).toBeHidden();
  await sheet.evaluate((it) => it.scrollTo(0, it.scrollHeight));
  expect(await sheet.evaluate((it) => it.scrollTop)).toBeGreaterThan(100);
  const close = (await one.button('Close').boundingBox())!;
  expect(close.y + close.height, 'Close stays in view').toBeLessThan(844);
  await one.button('Close').tap();
  await expect(sheet).toBeHidden();
  await open();
  await expect.poll(() => sheet.evaluate((it) => it.scrollTop)).toBe(0);

  await server.restart(WITH_RELAY);
  const laptop = await visitor(ben);
  await laptop.arrive();
  await laptop.button('Settings').click();
  await expect(laptop.page.locator('#sheet').getByRole('switch', { name: 'Hide my IP address' })).toBeVisible();
  await expect(laptop.page.locator('#sheet').getByText('Esc twice: next stranger')).toBeVisible();
});
