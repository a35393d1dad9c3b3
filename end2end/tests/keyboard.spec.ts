import { ada, ben, cleo, expect, test, type Visitor } from '../fixtures';

/** More presses of Tab than the page has controls. */
const STOPS = 60;

/** Presses Tab until the button has the focus. */
async function tabTo(visitor: Visitor, name: string) {
  const button = visitor.button(name);
  for (let stop = 0; stop < STOPS; stop++) {
    await visitor.page.keyboard.press('Tab');
    if (await button.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`Tab does not reach ${name}`);
}

test('a whole visit works without a mouse', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.arrive();
  await tabTo(one, 'Start');
  await one.page.keyboard.press('Enter');
  await one.reaches('waiting');

  const other = await visitor(ben);
  await other.arrive();
  await other.start();
  await one.meets(ben);

  // The first Escape asks, the second one confirms.
  await one.takePhases();
  await one.page.keyboard.press('Escape');
  await one.sees(ben);
  expect(await one.takePhases()).toEqual([]);
  await one.page.keyboard.press('Escape');
  await one.page.keyboard.press('Escape');
  await other.reaches('waiting');
  await one.reaches('waiting');

  const third = await visitor(cleo);
  await third.arrive();
  await third.start();
  await one.meets(cleo);

  await tabTo(one, 'Next');
  await tabTo(one, 'Stop');
  await one.page.keyboard.press('Space');
  await one.reaches('landing');
  await one.hasReleasedDevices();

  // The focused button is gone. The heading gets the focus, so the next Tab does not start at the top of the browser.
  await expect(one.page.getByRole('heading', { level: 1 })).toBeFocused();
});

test('the focused button has a visible ring', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.arrive();
  await tabTo(one, 'Start');
  const start = one.button('Start');
  const outline = await start.evaluate((button) => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(button);
    return { outline: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2, shadow: boxShadow !== 'none' };
  });
  expect(outline.outline || outline.shadow, 'a ring around Start').toBe(true);
});

/** Checks that Tab never leaves the open sheet for the rest of the page. */
async function expectTabStaysInSheet({ page }: Visitor) {
  for (let stop = 0; stop < STOPS; stop++) {
    await page.keyboard.press('Tab');
    const isOutside = await page.evaluate(() => document.activeElement!.closest('#root') !== null);
    expect(isOutside, `stop ${stop}`).toBe(false);
  }
}

/** Checks that Tab reaches every visible control and that each has a visible focus ring. */
async function expectTabReachesAll({ page }: Visitor, where: string) {
  const controls = await page.evaluate(() => {
    const all = document.querySelectorAll<HTMLElement>('button, a[href], input, select, summary, [tabindex="0"]');
    const visible = [...all].filter((it) => it.checkVisibility({ visibilityProperty: true }) && !it.matches(':disabled, [inert], [inert] *'));
    visible.forEach((it, number) => (it.dataset.walk = String(number)));
    (document.activeElement as HTMLElement | null)?.blur();
    return visible.length;
  });
  expect(controls, where).toBeGreaterThan(1);
  const visited: (string | undefined)[] = [];
  // Press Tab more often than there are controls: focus may leave the page between the last and the first one, also
  // between the settings and the rest of the page.
  for (let stop = 0; stop <= controls + 3; stop++) {
    await page.keyboard.press('Tab');
    visited.push(
      await page.evaluate(() => {
        const focused = document.activeElement as HTMLElement;
        const ring = getComputedStyle(focused);
        const hasRing = focused === document.body || ring.outlineStyle !== 'none' || ring.boxShadow !== 'none';
        return hasRing ? focused.dataset.walk : `${focused.dataset.walk}, without a ring`;
      }),
    );
  }
  const stops = visited.filter((it) => it !== undefined);
  expect([...new Set(stops)].sort((a, b) => Number(a) - Number(b)), where).toEqual(
    Array.from({ length: controls }, (_, number) => String(number)),
  );
  await page.evaluate(() => document.querySelectorAll('[data-walk]').forEach((it) => it.removeAttribute('data-walk')));
}

test('before a call every control works with the keyboard alone', async ({ visitor }) => {
  const one = await visitor(ada);
  const { keyboard } = one.page;
  await one.arrive();
  await expectTabReachesAll(one, 'landing');

  const settings = one.page.getByRole('dialog', { name: 'Settings' });
  await tabTo(one, 'Settings');
  await keyboard.press('Enter');
  await expect(settings).toBeVisible();
  await expectTabReachesAll(one, 'settings');
  await expectTabStaysInSheet(one);
  const saveData = settings.getByRole('switch', { name: 'Use less data' });
  await saveData.focus();
  await keyboard.press('Space');
  await expect(saveData).toBeChecked();
  await tabTo(one, 'Clear my data');
  await keyboard.press('Enter');
  await expect(saveData).not.toBeChecked();
  await keyboard.press('Escape');
  await expect(settings).toBeHidden();
  await expect(one.button('Settings'), 'the focus returns to the button').toBeFocused();

  await tabTo(one, 'Check camera and mic');
  await keyboard.press('Space');
  const heading = one.page.getByRole('heading', { level: 1 });
  // With everything else, the answer to this question was cleared.
  await expect(heading).toHaveText('Adults only, and three rules');
  await expectTabReachesAll(one, 'the rules');
  await tabTo(one, 'I\u2019m 18 or older and agree');
  await keyboard.press('Enter');
  await expect(heading).toHaveText('Looking good?');
  await expect(one.page.locator('.panel').getByRole('combobox', { name: 'Microphone' })).toBeVisible();
  await expectTabReachesAll(one, 'mirror');
  const microphones = one.page.locator('.panel').getByRole('combobox', { name: 'Microphone' });
  await microphones.focus();
  await keyboard.press('ArrowDown');
  await expect.poll(() => one.page.evaluate(() => localStorage.getItem('passerby.microphone'))).toBeTruthy();
  await tabTo(one, 'Go live');
  await keyboard.press('Enter');
  await one.reaches('waiting');
  await expectTabReachesAll(one, 'waiting');
});

test('during a call every control works with the keyboard alone', async ({ pair: [one, other] }) => {
  const { keyboard } = one.page;
  const press = async (name: string, key = 'Enter') => {
    await tabTo(one, name);
    await keyboard.press(key);
  };
  const partnerText = (text: string) => other.page.getByText(text).first();
  await expectTabReachesAll(one, 'talking');

  await press('Mute microphone', 'Space');
  await expect(partnerText('They’re muted')).toBeVisible();
  await press('Turn camera off', 'Space');
  await expect(partnerText('Their camera is off')).toBeVisible();
  await keyboard.press('Enter');
  await other.sees(ada);
  await press('Share screen');
  await expect(partnerText('They’re sharing their screen')).toBeVisible();
  await keyboard.press('Enter');
  await expect(partnerText('They’re sharing their screen')).toBeHidden();

  await press('Chat');
  await expect(one.page.getByRole('textbox', { name: 'Message' })).toBeFocused();
  await keyboard.type('By hand');
  await keyboard.press('Enter');
  await expect(other.page.getByRole('log')).toContainText('By hand');
  await press('Wave');
  await expectTabReachesAll(one, 'talking, with chat');
  await press('Close chat');

  await press('More');
  const sheet = one.page.getByRole('dialog', { name: 'Settings' });
  await expect(sheet).toBeVisible();
  await sheet.locator('.details summary').focus();
  await keyboard.press('Enter');
  await expectTabReachesAll(one, 'talking, with settings and details');
  await sheet.getByRole('slider', { name: 'Their volume' }).focus();
  await keyboard.press('ArrowLeft');
  await expect.poll(() => one.stranger.evaluate((it: HTMLVideoElement) => it.volume)).toBeCloseTo(0.95);
  await press('Move my video');
  await expect(one.page.locator('[data-own]')).toHaveAttribute('data-corner', /start/);
  await keyboard.press('Escape');
  await expect(one.button('More')).toBeFocused();

  await press('Next');
  await other.reaches('ended');
  await one.reaches('waiting');
});

test('single keys work with a layout that has no Latin letters', async ({ pair: [one] }) => {
  const session = await one.context.newCDPSession(one.page);
  // The key M of a Russian keyboard.
  const key = { key: 'ь', code: 'KeyM', windowsVirtualKeyCode: 77 };
  await session.send('Input.dispatchKeyEvent', { type: 'keyDown', text: 'ь', ...key });
  await session.send('Input.dispatchKeyEvent', { type: 'keyUp', ...key });
  await expect(one.button('Unmute microphone')).toBeVisible();
});
