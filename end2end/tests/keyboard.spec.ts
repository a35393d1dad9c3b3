import { ada, ben, cleo, expect, test, type Visitor } from '../fixtures';

/** More than the page has. */
const STOPS = 60;

/** Presses Tab until the button has the focus. */
async function tabTo(visitor: Visitor, name: string) {
  const button = visitor.button(name);
  for (let stop = 0; stop < STOPS; stop++) {
    await visitor.page.keyboard.press('Tab');
    if (await button.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`Tab does not come to ${name}`);
}

test('a conversation without a mouse', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.arrive();
  await tabTo(one, 'Start');
  await one.page.keyboard.press('Enter');
  await one.reaches('waiting');

  const other = await visitor(ben);
  await other.arrive();
  await other.start();
  await one.meets(ben);

  // Once asks, twice means it.
  await one.phases();
  await one.page.keyboard.press('Escape');
  await one.sees(ben);
  expect(await one.phases()).toEqual([]);
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
  await one.lightsAreOut();

  // The button that had the focus is gone; the next Tab does not begin at the top of the browser again.
  await expect(one.page.getByRole('heading', { level: 1 })).toBeFocused();
});

test('the focus is seen', async ({ visitor }) => {
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

/** Tab comes to every control that can be seen, in the order in which they stand, and back to the first. */
async function walks({ page }: Visitor, where: string) {
  const controls = await page.evaluate(() => {
    const all = document.querySelectorAll<HTMLElement>('button, a[href], input, select, summary, [tabindex="0"]');
    const seen = [...all].filter((it) => it.checkVisibility({ visibilityProperty: true }) && !it.matches(':disabled'));
    seen.forEach((it, number) => (it.dataset.walk = String(number)));
    (document.activeElement as HTMLElement | null)?.blur();
    return seen.length;
  });
  expect(controls, where).toBeGreaterThan(1);
  const visited: (string | undefined)[] = [];
  // One more than there are: the browser's own controls, of which there are none here, would be between the last and the first.
  for (let stop = 0; stop <= controls + 1; stop++) {
    await page.keyboard.press('Tab');
    visited.push(
      await page.evaluate(() => {
        const focused = document.activeElement as HTMLElement;
        const ring = getComputedStyle(focused);
        const isSeen = focused === document.body || ring.outlineStyle !== 'none' || ring.boxShadow !== 'none';
        return isSeen ? focused.dataset.walk : `${focused.dataset.walk}, without a ring`;
      }),
    );
  }
  const stops = visited.filter((it) => it !== undefined);
  expect([...new Set(stops)].sort((a, b) => Number(a) - Number(b)), where).toEqual(
    Array.from({ length: controls }, (_, number) => String(number)),
  );
  await page.evaluate(() => document.querySelectorAll('[data-walk]').forEach((it) => it.removeAttribute('data-walk')));
}

test('before a call everything can be reached and used by keys alone', async ({ visitor }) => {
  const one = await visitor(ada);
  const { keyboard } = one.page;
  await one.arrive();
  await walks(one, 'landing');

  const settings = one.page.getByRole('dialog', { name: 'Settings' });
  await tabTo(one, 'Settings');
  await keyboard.press('Enter');
  await expect(settings).toBeVisible();
  await walks(one, 'settings');
  const saves = settings.getByRole('switch', { name: 'Use less data' });
  await saves.focus();
  await keyboard.press('Space');
  await expect(saves).toBeChecked();
  await tabTo(one, 'Forget everything');
  await keyboard.press('Enter');
  await expect(saves).not.toBeChecked();
  await keyboard.press('Escape');
  await expect(settings).toBeHidden();
  await expect(one.button('Settings'), 'the focus is where it came from').toBeFocused();

  await tabTo(one, 'Check camera and sound');
  await keyboard.press('Space');
  const heading = one.page.getByRole('heading', { level: 1 });
  await expect(heading).toHaveText('How you look and sound');
  await expect(one.page.locator('.panel').getByRole('combobox', { name: 'Microphone' })).toBeVisible();
  await walks(one, 'mirror');
  const microphones = one.page.locator('.panel').getByRole('combobox', { name: 'Microphone' });
  await microphones.focus();
  await keyboard.press('ArrowDown');
  await expect.poll(() => one.page.evaluate(() => localStorage.getItem('passerby.microphone'))).toBeTruthy();
  await tabTo(one, 'Start');
  await keyboard.press('Enter');
  await one.reaches('waiting');
  await walks(one, 'waiting');
});

test('in a call everything can be reached and used by keys alone', async ({ pair: [one, other] }) => {
  const { keyboard } = one.page;
  const presses = async (name: string, key = 'Enter') => {
    await tabTo(one, name);
    await keyboard.press(key);
  };
  const at = (text: string) => other.page.getByText(text).first();
  await walks(one, 'talking');

  await presses('Mute microphone', 'Space');
  await expect(at('Their microphone is off')).toBeVisible();
  await presses('Turn camera off', 'Space');
  await expect(at('Their camera is off')).toBeVisible();
  await keyboard.press('Enter');
  await other.sees(ada);
  await presses('Share screen');
  await expect(at('They are sharing their screen')).toBeVisible();
  await keyboard.press('Enter');
  await expect(at('They are sharing their screen')).toBeHidden();

  await presses('Chat');
  await expect(one.page.getByRole('textbox', { name: 'Message' })).toBeFocused();
  await keyboard.type('By hand');
  await keyboard.press('Enter');
  await expect(other.page.getByRole('log')).toContainText('By hand');
  await presses('Wave');
  await one.page.getByText('Connection details').focus();
  await keyboard.press('Enter');
  await walks(one, 'talking, with chat and details');
  await presses('Close chat');

  await presses('More');
  const sheet = one.page.getByRole('dialog', { name: 'Settings' });
  await expect(sheet).toBeVisible();
  await walks(one, 'talking, with everything else');
  await sheet.getByRole('slider', { name: 'Their volume' }).focus();
  await keyboard.press('ArrowLeft');
  await expect.poll(() => one.stranger.evaluate((it: HTMLVideoElement) => it.volume)).toBeCloseTo(0.95);
  await presses('Move my picture');
  await expect(one.page.locator('[data-own]')).toHaveAttribute('data-corner', /start/);
  await keyboard.press('Escape');
  await expect(one.button('More')).toBeFocused();

  await presses('Next');
  await other.reaches('ended');
  await one.reaches('waiting');
});
