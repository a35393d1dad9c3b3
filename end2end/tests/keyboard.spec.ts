import { ada, ben, cleo, expect, test, type Visitor } from '../fixtures';

/** More than the page has. */
const STOPS = 20;

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
