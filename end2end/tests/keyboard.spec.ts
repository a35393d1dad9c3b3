import { ada, ben, cleo, expect, test, type Visitor } from '../fixtures';

/** Presses Tab until the button has the focus; gives the names of all that had it on the way. */
async function tabTo({ page }: Visitor, name: string): Promise<string[]> {
  const passed: string[] = [];
  while (passed.at(-1) !== name) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => {
      const { activeElement: element } = document;
      if (!element || element === document.body) return null;
      return element.getAttribute('aria-label') ?? element.textContent!.trim();
    });
    if (focused === null || passed.includes(focused)) throw new Error(`Tab passes ${passed.join(', ')}, not ${name}`);
    passed.push(focused);
  }
  return passed;
}

test('a conversation without a mouse', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.arrive();
  await tabTo(one, 'Start');
  await expect(one.button('Start')).toBeFocused();
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

  // Where the focus was on something that is gone, it is not lost in the page.
  await expect(one.button('Start')).toBeVisible();
  await tabTo(one, 'Start');
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
