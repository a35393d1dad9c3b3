import { expect, hurries, test } from '../fixtures';

test('who presses Next too often is asked for a moment, and looks on without another press', async ({
  server,
  visitor,
}) => {
  const one = await hurries(server, visitor);
  await expect(one.page.getByRole('status').first()).toHaveText('One moment. It goes on by itself.');
  await one.reaches('waiting', { timeout: 35_000 });
  await one.hasNoProblem();
  expect(await server.metric('passerby_limited_total{limit="peer-nexts"}')).toBe(1);
});
