import { ada, ben, cleo, expect, test } from '../fixtures';

test('who waits reads whether anybody else is here, and nothing moves or is announced when that changes', async ({
  visitor,
}) => {
  const [one, other, third] = [await visitor(ada), await visitor(ben), await visitor(cleo)];
  for (const it of [one, other, third]) await it.arrive();
  await one.start();
  await one.reaches('waiting');
  await expect(one.page.locator('.crowd')).toContainText('Nobody else is here just now.');
  await other.start();
  await one.meets(ben);
  await expect(one.page.locator('.crowd')).toBeHidden();

  await third.start();
  await third.reaches('waiting');
  const crowd = third.page.locator('.crowd');
  await expect(crowd).toContainText('A few people are here.');
  const heading = third.page.getByRole('heading', { level: 1 });
  const before = await heading.boundingBox();
  await third.page.evaluate(() => {
    const announced: string[] = [];
    Object.assign(window, { announced });
    const status = document.querySelector('[role=status]')!;
    const note = () => announced.push(status.textContent!);
    new MutationObserver(note).observe(status, { childList: true, characterData: true, subtree: true });
  });
  // At once, or the one who stays would meet the third.
  await Promise.all([one.leave(), other.leave()]);
  // The page asks with every proof of life, every twelve seconds.
  await expect(crowd).toContainText('Nobody else is here just now.', { timeout: 20_000 });
  expect(await heading.boundingBox(), 'where the heading stands').toEqual(before);
  const announced = await third.page.evaluate(() => (window as unknown as { announced: string[] }).announced);
  expect(announced, 'what was announced').toEqual([]);
});
