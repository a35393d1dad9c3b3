import { ada, ben, cleo, expect, test, type Visitor } from '../fixtures';

async function enterTopics({ page }: Visitor, topics: string) {
  const field = page.locator('.panel').getByRole('textbox', { name: 'What do you want to talk about?' });
  await field.fill(topics);
  await field.press('Tab');
}

test('a stranger with a shared topic is matched first, and both see the topic', async ({ visitor }) => {
  const [one, other, third] = [await visitor(ada), await visitor(ben), await visitor(cleo)];
  for (const it of [one, other, third]) await it.arrive();
  await enterTopics(one, 'Jazz, cooking');
  await enterTopics(third, 'chess, jazz');
  await one.start();
  await one.reaches('waiting');
  await expect(one.page.getByText('Looking for someone into')).toContainText('Jazz, cooking');
  await expect(one.page.getByText(/Then anyone, in \d+ s/)).toBeVisible();

  // Ben would accept anybody, but Ada waits for somebody with a shared topic.
  await other.start();
  await other.reaches('waiting');
  await third.start();
  await one.meets(cleo);
  await third.meets(ada);
  // Each of them sees the topic as they wrote it.
  await expect(one.page.locator('[data-shared=interest]')).toContainText('Jazz');
  await expect(third.page.locator('[data-shared=interest]')).toContainText('jazz');
  await other.reaches('waiting');
});

test('without a shared topic the search widens', async ({ visitor }) => {
  const [one, other] = [await visitor(ada), await visitor(ben)];
  for (const it of [one, other]) await it.arrive();
  await enterTopics(one, 'jazz');
  await enterTopics(other, 'chess');
  await one.start();
  await other.start();
  await other.reaches('waiting');
  await one.reaches('waiting');
  await one.reaches('talking', { timeout: 20_000 });
  await one.meets(ben);
  await expect(one.page.locator('[data-shared]')).toBeHidden();
});

test('topics are stored on the device and can be changed while waiting', async ({ visitor }) => {
  const [one, other] = [await visitor(ada), await visitor(ben)];
  await one.arrive();
  await enterTopics(one, 'jazz');
  await expect.poll(() => one.page.evaluate(() => localStorage.getItem('passerby.topics'))).toBe('jazz');
  await one.page.reload();
  await expect(one.page.locator('.panel').getByRole('textbox')).toHaveValue('jazz');
  await one.start();
  await one.reaches('waiting');

  await other.arrive();
  await enterTopics(other, 'chess');
  await other.start();
  await other.reaches('waiting');
  await one.button('More').click();
  const sheet = one.page.getByRole('dialog', { name: 'Settings' });
  await sheet.getByRole('textbox', { name: 'What do you want to talk about?' }).fill('chess');
  await sheet.getByRole('button', { name: 'Close' }).click();
  await one.meets(ben);
  await expect(one.page.locator('[data-shared=interest]')).toContainText('chess');
});
