import { expect, test } from '../fixtures';

test('both ends show the same verification code', async ({ pair }) => {
  const codes = [];
  for (const visitor of pair) {
    const code = (await visitor.openMore()).locator('[data-code]');
    await expect(code).toBeVisible();
    await expect(code).toHaveAttribute('data-code', /^\d+(-\d+){4}$/);
    codes.push([await code.getAttribute('data-code'), await code.innerText()]);
  }
  expect(codes[0]).toEqual(codes[1]);
});

test('the steps to the first picture are recorded', async ({ pair: [one] }) => {
  await one.openDetails();
  const marks = await one.page.evaluate(() => performance.getEntriesByType('mark').map(({ name }) => name));
  expect(marks).toEqual(expect.arrayContaining(['match', 'offer', 'answer', 'ice', 'dtls', 'first-frame'].map((it) => `passerby:${it}`)));
  await expect(one.page.locator('[data-path]')).toHaveAttribute('data-path', 'direct');
});
