import { exceedNextLimit, expect, test } from '../fixtures';

test('pressing Next too often delays the next match, which then comes by itself', async ({
  server,
  visitor,
}) => {
  const one = await exceedNextLimit(server, visitor);
  await expect(one.page.getByRole('status').first()).toHaveText('Slow down a little. You’re skipping faster than we can find people.');
  await one.reaches('waiting', { timeout: 35_000 });
  await one.hasNoProblem();
  expect(await server.metric('passerby_limited_total{limit="peer-nexts"}')).toBe(1);
});
