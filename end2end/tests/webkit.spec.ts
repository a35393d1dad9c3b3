import { expect, test as base } from '../fixtures';
import { WebKitVisitor, type Box } from '../fixtures/webkit';

const test = base.extend<{ one: WebKitVisitor }>({
  /** A visitor in WebKitGTK. */
  one: async ({}, use) => {
    const one = await WebKitVisitor.launch();
    await use(one);
    await one.close();
  },
});

/** A phone upright, the same phone on its side, and a laptop. */
const sizes = [
  [390, 844],
  [844, 390],
  [1440, 900],
] as const;

const SETTINGS = '[popovertarget=sheet]';
const START = '[data-intent=start]';

test('WebKit loads both parts of the page, and Start without WebRTC says that it is unsupported', async ({ one, home }) => {
  await one.arrive(home);
  await one.reaches('landing');
  await one.press('Start');
  await one.seesProblem('unsupported');
  await one.reaches('landing');
  const parts = await one.run(() => performance.getEntriesByType('resource').map(({ name }) => name));
  expect(new Set(parts.filter((it) => it.endsWith('.wasm'))).size, `the page and the call: ${parts}`).toBe(2);
  await one.press('Try again');
  await one.seesProblem('unsupported');
});

test('in WebKit the settings open at their top, hold the focus and close again', async ({ one, home }) => {
  await one.arrive(home);
  await one.resize(390, 844);
  for (const close of ['Escape', 'Close']) {
    await one.press('Settings');
    await expect.poll(() => one.run(isSheetOpen)).toBe(true);
    expect(await one.focused()).toEqual({ role: 'button', name: 'Close' });
    const scrolled = () => one.run(() => document.querySelector('#sheet')!.scrollTop);
    await expect.poll(scrolled, { message: `opened for ${close}` }).toBe(0);
    await one.run(() => document.querySelector('#sheet')!.scrollTo(0, 500));
    expect(await scrolled()).toBeGreaterThan(100);
    if (close === 'Escape') await one.type(['Escape']);
    else await one.press('Close');
    await expect.poll(() => one.run(isSheetOpen), { message: `closed by ${close}` }).toBe(false);
    expect(await one.focused(), 'the focus returns to the button').toEqual({ role: 'button', name: 'Settings' });
  }
});

for (const [width, height] of sizes) {
  test(`in WebKit, Close stays in view at ${width}x${height} however far the settings are scrolled`, async ({ one, home }) => {
    await one.arrive(home);
    await one.resize(width, height);
    await one.press('Settings');
    for (const part of [0, 0.5, 1]) {
      await one.run((part) => {
        const sheet = document.querySelector('#sheet')!;
        sheet.scrollTo(0, part * (sheet.scrollHeight - sheet.clientHeight));
      }, part);
      await expectCanBeTouched(one, '#sheet [popovertargetaction=hide]');
    }
    expect(await one.run(() => document.querySelector('#sheet')!.scrollTop), 'the settings are long').toBeGreaterThan(0);
    // The way back from the end by the keyboard: no field hides under the header.
    await one.run(() => [...document.querySelectorAll<HTMLElement>('#sheet button')].findLast((it) => it.checkVisibility())!.focus());
    for (let i = 0; i < 40; i++) {
      await one.type(['Tab'], { shift: true });
      const { name } = await one.focused();
      if (name === 'Close') return;
      // Of a text field, WebKit brings only the line into view, and scrolls with the next frame.
      const middle = async () => {
        const { top, bottom } = await one.focusedBox();
        return (top + bottom) / 2 - (await one.box('.sheet-head')).bottom;
      };
      await expect.poll(middle, { message: `${name} is below the header` }).toBeGreaterThan(0);
    }
    throw new Error('the focus never came to Close');
  });
}

test('in WebKit the mirror shows the picture of the mock camera and leaves with Stop', async ({ one, home }) => {
  await one.arrive(home);
  await one.pretendToConnect();
  await one.press('Check camera and mic');
  await one.reaches('ready');
  await expect
    .poll(() => one.run(() => document.querySelector<HTMLVideoElement>('video[data-who=self]')!.videoWidth))
    .toBeGreaterThan(0);
  const before = await one.run(frames);
  await expect.poll(() => one.run(frames), { message: 'the picture moves' }).toBeGreaterThan(before);
  const cameras = () => one.run(() => document.querySelectorAll('.panel [data-device=camera] option').length);
  await expect.poll(cameras, { message: 'both mock cameras' }).toBe(2);
  const microphones = () => one.run(() => document.querySelectorAll('.panel [data-device=microphone] option').length);
  await expect.poll(microphones, { message: 'the mock microphones' }).toBeGreaterThan(1);
  await one.run(keepTrack);
  expect(await one.run(keptTrack)).toBe('live');
  await one.press('Stop');
  await one.reaches('landing');
  await expect.poll(() => one.run(keptTrack), { message: 'the camera is closed' }).toBe('ended');
});

test('in WebKit the Tab key visits the landing page in reading order', async ({ one, home }) => {
  await one.arrive(home);
  await one.run(() => (document.activeElement as HTMLElement).blur());
  const visited: string[] = [];
  for (let i = 0; i < 8; i++) {
    await one.type(['Tab']);
    visited.push((await one.focused()).name);
  }
  expect(visited).toEqual([
    'Passerby',
    'Settings',
    'Start',
    'Check camera and mic',
    expect.stringContaining('What do you want to talk about?'),
    'Camera off',
    'Microphone off',
    'Use less data',
  ]);
});

for (const [width, height] of sizes) {
  test(`in WebKit everything is in its place at ${width}x${height}`, async ({ one, home }) => {
    await one.arrive(home);
    await one.resize(width, height);
    await expectNothingCutOff(one, width);
    expect((await one.box('h1')).bottom, 'the heading above Start').toBeLessThanOrEqual((await one.box(START)).top + 1);
    await expectCanBeTouched(one, START);
    await expectCanBeTouched(one, SETTINGS);

    await one.press('Settings');
    const sheet = await one.box('#sheet');
    expect(Math.min(sheet.left, sheet.top, width - sheet.right, height - sheet.bottom), 'the sheet fits').toBeGreaterThanOrEqual(0);
    await expectNothingCutOff(one, width);
    await one.type(['Escape']);

    await one.press('Start');
    await one.seesProblem('unsupported');
    await expectNothingCutOff(one, width);
    await expectCanBeTouched(one, START);

    await one.arrive(home);
    await one.pretendToConnect();
    await one.press('Check camera and mic');
    await one.reaches('ready');
    await expectNothingCutOff(one, width);
    const picture = await one.box('video[data-who=self]');
    expect(Math.min(picture.right - picture.left, picture.bottom - picture.top), 'the picture is large').toBeGreaterThan(150);
    await one.run((it) => document.querySelector(it)!.scrollIntoView(), START);
    await expectCanBeTouched(one, START);
  });
}

test('in WebKit a page that reads from right to left is mirrored', async ({ one, home }) => {
  const middle = ({ left, right }: Box) => (left + right) / 2;
  for (const [width, height] of sizes) {
    await one.arrive(home);
    await one.resize(width, height);
    const settings = middle(await one.box(SETTINGS));
    await one.arrive(`${home}/?lang=ar-XB`);
    expect(await one.attribute('html', 'dir')).toBe('rtl');
    await expectNothingCutOff(one, width);
    expect(middle(await one.box(SETTINGS))).toBeCloseTo(width - settings, 0);
    await expectCanBeTouched(one, START);
    await expectCanBeTouched(one, SETTINGS);
  }
});

async function expectNothingCutOff(one: WebKitVisitor, width: number): Promise<void> {
  expect(await one.run(() => document.documentElement.scrollWidth), 'the page does not scroll sideways').toBeLessThanOrEqual(width);
}

/** The middle of the element is in view, and nothing lies over it. */
async function expectCanBeTouched(one: WebKitVisitor, selector: string): Promise<void> {
  const box = await one.box(selector);
  const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
  const hit = await one.run((x, y, it) => Boolean(document.elementFromPoint(x, y)?.closest(it)), x, y, selector);
  expect(hit, `${selector} at ${JSON.stringify(box)}`).toBe(true);
  expect(Math.min(box.right - box.left, box.bottom - box.top), 'large enough').toBeGreaterThanOrEqual(44);
}

function isSheetOpen(): boolean {
  return document.querySelector('#sheet')!.matches(':popover-open');
}

function frames(): number {
  return document.querySelector<HTMLVideoElement>('video[data-who=self]')!.getVideoPlaybackQuality().totalVideoFrames;
}

/** Keeps the track of the camera, to see later whether it has ended. */
function keepTrack(): void {
  const { srcObject } = document.querySelector<HTMLVideoElement>('video[data-who=self]')!;
  const [track] = (srcObject as MediaStream).getVideoTracks();
  Object.assign(window, { track });
}

function keptTrack(): string {
  return (window as unknown as { track: MediaStreamTrack }).track.readyState;
}
