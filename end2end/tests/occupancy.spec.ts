import { ada, ben, cleo, everybody, expect, test, type Visitor } from '../fixtures';

test('a waiting page shows how busy it is, and changes without moving or announcing', async ({
  visitor,
}) => {
  const [one, other, third] = [await visitor(ada), await visitor(ben), await visitor(cleo)];
  for (const it of [one, other, third]) await it.arrive();
  await one.start();
  await one.reaches('waiting');
  await expect(one.page.locator('.panel-sentence')).toContainText('the only one here right now');
  await expect(one.page.locator('.crowd')).toBeEmpty();
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
  // The server says so at once, and not only with the next pong, which comes every twelve seconds.
  await expect(third.page.locator('.panel-sentence')).toContainText('the only one here right now', { timeout: 3_000 });
  expect(await heading.boundingBox(), 'the position of the heading').toEqual(before);
  const announced = await third.page.evaluate(() => (window as unknown as { announced: string[] }).announced);
  expect(announced, 'announcements').toEqual([]);
});

test('four visitors who have all met read that they have met everyone', async ({ visitor }) => {
  test.setTimeout(120_000);
  const [one, other, third, fourth] = await Promise.all(everybody.map((it) => visitor(it))) as [Visitor, Visitor, Visitor, Visitor];
  const all = [one, other, third, fourth];
  for (const it of all) await it.arrive();
  const pairs = [[one, other], [third, fourth], [one, third], [other, fourth], [one, fourth], [other, third]] as const;
  for (const pair of pairs) {
    for (const it of pair) await it.start();
    for (const it of pair) await it.reaches('talking');
    for (const it of pair) await it.stop();
  }
  for (const it of all) await it.start();
  const metAll = 'You’ve met everyone who’s here. Waiting for someone new.';
  for (const { page } of all) await expect(page.locator('.panel-sentence')).toHaveText(metAll);
});
