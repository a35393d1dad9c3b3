import { ada, ben, cleo, expect, test } from '../fixtures';

test('a waiting page shows how busy it is, and changes without moving or announcing', async ({
  visitor,
}) => {
  const [one, other, third] = [await visitor(ada), await visitor(ben), await visitor(cleo)];
  for (const it of [one, other, third]) await it.arrive();
  await one.start();
  await one.reaches('waiting');
  await expect(one.page.locator('.crowd')).toContainText('the only one here right now');
  await other.start();
  await one.meets(ben);
  await expect(one.page.locator('.crowd')).toBeHidden();

  await third.start();
  await third.reaches('waiting');
  const crowd = third.page.locator('.crowd');
  await expect(crowd).toContainText('A few people online.');
  const heading = third.page.getByRole('heading', { level: 1 });
  const before = await heading.boundingBox();
  await third.page.evaluate(() => {
    const announced: string[] = [];
    Object.assign(window, { announced });
    const status = document.querySelector('[role=status]')!;
    const record = () => announced.push(status.textContent!);
    new MutationObserver(record).observe(status, { childList: true, characterData: true, subtree: true });
  });
  // Both must leave at the same time; otherwise the remaining one would meet the third visitor.
  await Promise.all([one.closeTab(), other.closeTab()]);
  // The page asks for the occupancy with every heartbeat, every twelve seconds.
  await expect(crowd).toContainText('the only one here right now', { timeout: 20_000 });
  expect(await heading.boundingBox(), 'the position of the heading').toEqual(before);
  const announced = await third.page.evaluate(() => (window as unknown as { announced: string[] }).announced);
  expect(announced, 'announcements').toEqual([]);
});
