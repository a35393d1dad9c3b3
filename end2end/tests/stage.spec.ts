import type { CDPSession, Locator, Page } from '@playwright/test';

import { ada, ben, expect, meet, test, whoseColour, type Visitor } from '../fixtures';

/** Sizes of the visible part of the page: windows, phones both ways, and phones whose keyboard is open. */
const WINDOWS = [
  [1280, 680],
  [1440, 900],
  [768, 1024],
  [412, 732],
  [734, 331],
  [390, 844],
  [844, 390],
] as const;
const WITH_KEYBOARD = [
  [412, 432],
  [390, 544],
  [734, 171],
  [844, 230],
] as const;

/** Below this height there need not be a log. */
const ROOM_FOR_LOG = 200;
/** Four lines of 1.5 times 15 pixels. */
const FOUR_LINES = 90;

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

const field = ({ page }: Visitor) => page.getByRole('textbox', { name: 'Message' });
const log = ({ page }: Visitor) => page.getByRole('log');

test('sixty messages change neither the height of the page nor what can be pressed', async ({ visitor }) => {
  const [one, other] = [await visitor(ada, { browser: phone }), await visitor(ben)];
  await meet(one, other);
  await sendSixty(other);
  await expect(log(one).getByRole('listitem')).toHaveCount(60, { timeout: 30_000 });
  await one.button('Chat').click();

  for (const [width, height] of WINDOWS) {
    await one.page.setViewportSize({ width, height });
    await field(one).blur();
    await expectUsable(one.page, `${width} x ${height}`);
  }
  for (const [width, height] of WITH_KEYBOARD) {
    await one.page.setViewportSize({ width, height });
    await field(one).focus();
    await expect(one.button('Next'), 'the dock is folded away').toBeHidden();
    await expectUsable(one.page, `${width} x ${height}, writing`);
    await field(one).fill('A');
    const send = (await one.button('Send').boundingBox())!;
    await one.page.touchscreen.tap(send.x + send.width / 2, send.y + send.height / 2);
    await expect(field(one), 'the message was sent').toHaveValue('');
    await expect(field(one), 'the keyboard stays open').toBeFocused();
    await one.reaches('talking');
  }
});

test('a keyboard that covers the page instead of shrinking it leaves the field in view', async ({ visitor }) => {
  const [one, other] = [await visitor(ada, { browser: phone }), await visitor(ben)];
  await meet(one, other);
  await one.button('Chat').click();
  // Safari on iOS reports its keyboard only in this way.
  await one.page.evaluate(() => {
    Object.defineProperty(visualViewport!, 'height', { get: () => innerHeight - 300 });
    visualViewport!.dispatchEvent(new Event('resize'));
  });
  const bottom = () => field(one).evaluate((it) => it.getBoundingClientRect().bottom);
  await expect.poll(bottom).toBeLessThanOrEqual(544);
});

test('a phone and a laptop see enough of each other', async ({ visitor }) => {
  const [one, other] = [await visitor(ada, { browser: phone }), await visitor(ben)];
  await meet(one, other);
  const camera = (width: number, height: number) =>
    other.page.evaluate(
      async (size) => {
        const track = window.mediaProbe.tracks.findLast((it) => it.kind === 'video' && it.readyState === 'live')!;
        await track.applyConstraints(size);
      },
      { width: { exact: width }, height: { exact: height } },
    );
  for (const [width, height] of [
    [320, 240],
    [320, 180],
  ] as const) {
    await camera(width, height);
    await expect.poll(() => shownWidth(one.page, width / height), `${width} x ${height}`).toBeGreaterThanOrEqual(0.6);
  }

  await one.page.setViewportSize({ width: 1440, height: 900 });
  await camera(134, 238);
  await expect.poll(() => shownWidth(one.page, 134 / 238)).toBe(1);
  await expect
    .poll(async () => whoseColour(brighten(await pixel(one.page, 300, 300))), 'beside the video are its own colours')
    .toBe('Ben');
});

test('one tap shows all of a video or fills the screen with it, also on the next visit', async ({ visitor }) => {
  const [one, other] = [await visitor(ada, { browser: phone }), await visitor(ben)];
  await meet(one, other);
  const ratio = 4 / 3;
  const [whole, fill] = [one.button('Show the whole video'), one.button('Fill the screen')];
  expect(await shownWidth(one.page, ratio)).toBeLessThan(1);
  await expect(fill).toBeHidden();
  await tap(one, whole);
  await expect.poll(() => shownWidth(one.page, ratio)).toBe(1);
  await tap(one, fill);
  await expect.poll(() => shownWidth(one.page, ratio)).toBeLessThan(1);

  await one.page.setViewportSize({ width: 1440, height: 900 });
  await expect.poll(() => fitOfStranger(one)).toBe('cover');
  await tap(one, whole);
  await expect.poll(() => fitOfStranger(one)).toBe('contain');
  await fill.focus();
  await one.page.keyboard.press('Enter');
  await expect.poll(() => fitOfStranger(one)).toBe('cover');
  await expect(whole, 'the focus is not lost with the pressed button').toBeFocused();
  await one.page.keyboard.press('Enter');
  await expect(fill).toBeFocused();
  await one.arrive();
  await expect(one.page.locator('.pictures')).toHaveAttribute('data-fit', 'whole');
});

test('two swipes up or to the left meet someone else, and one does nothing', async ({ visitor }) => {
  const [one, other] = [await visitor(ada, { browser: phone }), await visitor(ben)];
  await meet(one, other);
  const question = one.page.getByText('Swipe again to skip', { exact: true });
  await swipe(one, [200, 500], [200, 380]);
  await expect(question).toBeVisible();
  await one.reaches('talking');
  await expect(question, 'the question is over after three seconds').toBeHidden();
  for (const [from, to] of [
    [[200, 300], [200, 420]],
    [[100, 400], [220, 400]],
    [[200, 500], [180, 450]],
  ] as const) {
    await swipe(one, from, to);
    await expect(question, `from ${from} to ${to}`).toBeHidden();
  }
  await swipe(one, [300, 400], [150, 390]);
  await expect(question).toBeVisible();
  await swipe(one, [300, 400], [150, 390]);
  await one.reaches('waiting');
  await other.reaches('waiting');
});

test('the own picture is large while waiting, and can be hidden', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.arrive();
  await one.start();
  await one.reaches('waiting');
  for (const [width, height, least] of [
    [390, 844, 0.25],
    [844, 390, 0.2],
    [1440, 900, 0.25],
    [768, 1024, 0.25],
  ] as const) {
    await one.page.setViewportSize({ width, height });
    const [own, text] = await Promise.all(['.self video', '.panel-text'].map((it) => one.page.locator(it).boundingBox()));
    expect((own!.width * own!.height) / (width * height), `${width} x ${height}`).toBeGreaterThan(least);
    const isBeside = own!.x + own!.width <= text!.x || own!.y + own!.height <= text!.y;
    expect(isBeside, `${width} x ${height}: the text is not on the picture`).toBe(true);
  }
  await one.page.keyboard.press('h');
  await expect(one.page.locator('.self')).toBeHidden();
});

test('Escape in the field closes the chat, and belongs to an input method while that is used', async ({ pair: [one, other] }) => {
  await one.button('Chat').click();
  await expect(field(one)).toBeFocused();
  const session: CDPSession = await one.context.newCDPSession(one.page);
  await session.send('Input.imeSetComposition', { text: 'か', selectionStart: 1, selectionEnd: 1 });
  await one.page.keyboard.press('Escape');
  await expect(field(one), 'the input method took this Escape').toBeVisible();
  await session.send('Input.insertText', { text: 'か' });
  await one.page.keyboard.press('Escape');
  await expect(field(one)).toBeHidden();
  await expect(one.page.getByText('Press Esc again to skip')).toBeHidden();
  await one.page.keyboard.press('Escape');
  await expect(one.page.getByText('Press Esc again to skip')).toBeVisible();
  await one.page.keyboard.press('t');
  await expect(one.page.getByText('Press Esc again to skip'), 'another key cancels the question').toBeHidden();
  await other.reaches('talking');
});

const tap = (visitor: Visitor, button: Locator) =>
  button.boundingBox().then((box) => visitor.page.touchscreen.tap(box!.x + box!.width / 2, box!.y + box!.height / 2));

const fitOfStranger = ({ stranger }: Visitor) => stranger.evaluate((it) => getComputedStyle(it).objectFit);

/** Moves a finger as a touch screen reports it. */
async function swipe({ context, page }: Visitor, [fromX, fromY]: readonly [number, number], [toX, toY]: readonly [number, number]) {
  const session = await context.newCDPSession(page);
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', part: number) =>
    session.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: type === 'touchEnd' ? [] : [{ x: fromX + (toX - fromX) * part, y: fromY + (toY - fromY) * part }],
    });
  await touch('touchStart', 0);
  for (const part of [0.25, 0.5, 0.75, 1]) await touch('touchMove', part);
  await touch('touchEnd', 1);
  await session.detach();
}

/** Messages of 1 to 500 characters, faster than the page of a stranger would send them. */
async function sendSixty(visitor: Visitor): Promise<void> {
  await visitor.page.evaluate(async () => {
    const channel = window.mediaProbe.channels.findLast(({ readyState }) => readyState === 'open')!;
    const texts = ['a', 'b '.repeat(250), '👩‍👩‍👧‍👦'.repeat(20), 'שלום עולם '.repeat(40), 'W'.repeat(500), 'Hello there'];
    for (let number = 1; number <= 60; number++) {
      channel.send(JSON.stringify({ chat: { number, text: texts[number % texts.length] } }));
      // After a burst the receiving page accepts four a second.
      if (number > 35) await new Promise((resolve) => setTimeout(resolve, 300));
    }
  });
}

async function expectUsable(page: Page, where: string): Promise<void> {
  const measured = () =>
    page.evaluate(() => {
      const covered: string[] = [];
      for (const it of document.querySelectorAll<HTMLElement>('#app button, #app input, #app summary')) {
        if (!it.checkVisibility({ visibilityProperty: true }) || it.closest('[popover]')) continue;
        const { left, top, width, height } = it.getBoundingClientRect();
        const at = document.elementFromPoint(left + width / 2, top + height / 2);
        if (!at || !it.contains(at)) covered.push(it.ariaLabel ?? it.innerText);
      }
      const log = document.querySelector<HTMLElement>('.chat-log')!;
      const last = log.querySelector('.line:last-child')!.getBoundingClientRect();
      const box = log.getBoundingClientRect();
      return {
        excess: document.scrollingElement!.scrollHeight - innerHeight,
        covered,
        log: log.clientHeight,
        showsLast: last.bottom <= box.bottom + 1 && last.bottom > box.top,
        scrolls: log.scrollHeight > log.clientHeight,
      };
    });
  await expect.poll(measured, where).toMatchObject({ excess: 0, covered: [] });
  const { log, showsLast, scrolls } = await measured();
  if (log === 0) {
    expect(page.viewportSize()!.height, `${where}: only a keyboard may take the room of the log`).toBeLessThan(ROOM_FOR_LOG);
  } else {
    expect(log, `${where}: the height of the log`).toBeGreaterThanOrEqual(FOUR_LINES);
    expect({ showsLast, scrolls }, where).toEqual({ showsLast: true, scrolls: true });
  }
}

/** The part of the stranger's width that is shown, once a video of this ratio arrives; 0 before. */
function shownWidth(page: Page, ratio: number): Promise<number> {
  return page.evaluate((ratio) => {
    const video = document.querySelector<HTMLVideoElement>('video[data-who=stranger]')!;
    if (Math.abs(video.videoWidth / video.videoHeight - ratio) > 0.05) return 0;
    const { width, height } = video.getBoundingClientRect();
    const fits = getComputedStyle(video).objectFit === 'contain';
    return fits ? 1 : Math.min(1, width / (height * ratio));
  }, ratio);
}

async function pixel(page: Page, x: number, y: number): Promise<[number, number, number]> {
  const image = (await page.screenshot({ clip: { x, y, width: 1, height: 1 } })).toString('base64');
  const [red, green, blue] = await page.evaluate(async (image) => {
    const bytes = Uint8Array.from(atob(image), (it) => it.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const context = new OffscreenCanvas(1, 1).getContext('2d')!;
    context.drawImage(bitmap, 0, 0);
    return [...context.getImageData(0, 0, 1, 1).data];
  }, image);
  return [red!, green!, blue!];
}

/** The colour with the brightness of a person's colour: what is shown beside the video is darker than it. */
function brighten(colour: [number, number, number]): [number, number, number] {
  const scale = Math.max(...ben.colour) / Math.max(...colour, 1);
  return colour.map((it) => it * scale) as [number, number, number];
}
