import { ada, ben, cleo, expect, test, type Visitor } from '../fixtures';

async function likes({ page }: Visitor, topics: string) {
  const field = page.locator('.panel').getByRole('textbox', { name: 'What you like to talk about' });
  await field.fill(topics);
  await field.press('Tab');
}

test('who likes the same is met first, and both see what it is', async ({ visitor }) => {
  const [one, other, third] = [await visitor(ada), await visitor(ben), await visitor(cleo)];
  for (const it of [one, other, third]) await it.arrive();
  await likes(one, 'Jazz, cooking');
  await likes(third, 'chess, jazz');
  await one.start();
  await one.reaches('waiting');
  await expect(one.page.getByText('Nobody yet who also likes')).toContainText('Jazz, cooking');
  await expect(one.page.getByText(/Looking wider in \d+ s/)).toBeVisible();

  // Anybody would do for Ben, but Ada waits for somebody else.
  await other.start();
  await other.reaches('waiting');
  await third.start();
  await one.meets(cleo);
  await third.meets(ada);
  for (const it of [one, third]) await expect(it.page.locator('[data-shared=interest]')).toContainText('jazz');
  await other.reaches('waiting');
});

test('where nobody likes the same the search widens, as it is said to', async ({ visitor }) => {
  const [one, other] = [await visitor(ada), await visitor(ben)];
  for (const it of [one, other]) await it.arrive();
  await likes(one, 'jazz');
  await likes(other, 'chess');
  await one.start();
  await other.start();
  await other.reaches('waiting');
  await one.reaches('waiting');
  await one.reaches('talking', { timeout: 20_000 });
  await one.meets(ben);
  await expect(one.page.locator('[data-shared]')).toBeHidden();
});

test('topics are kept on the device, and changed while one waits', async ({ visitor }) => {
  const [one, other] = [await visitor(ada), await visitor(ben)];
  await one.arrive();
  await likes(one, 'jazz');
  await one.page.reload();
  await expect(one.page.locator('.panel').getByRole('textbox')).toHaveValue('jazz');
  await one.start();
  await one.reaches('waiting');

  await other.arrive();
  await likes(other, 'chess');
  await other.start();
  await other.reaches('waiting');
  await one.button('More').click();
  const sheet = one.page.getByRole('dialog', { name: 'Settings' });
  await sheet.getByRole('textbox', { name: 'What you like to talk about' }).fill('chess');
  await sheet.getByRole('button', { name: 'Close' }).click();
  await one.meets(ben);
  await expect(one.page.locator('[data-shared=interest]')).toContainText('chess');
});
