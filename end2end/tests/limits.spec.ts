import { ada, ben, cleo, expect, test } from '../fixtures';

/** One at once, then one every twenty seconds: two who meet on a busy machine take some of them. */
const SLOW = { PASSERBY__LIMITS__PEER__NEXTS__BURST: '1', PASSERBY__LIMITS__PEER__NEXTS__PER_MINUTE: '3' };

test('who presses Next too often is asked for a moment, and looks on without another press', async ({
  server,
  visitor,
}) => {
  await server.restart(SLOW);
  const [one, first, second] = [await visitor(ada), await visitor(ben), await visitor(cleo)];
  for (const it of [one, first, second]) await it.arrive();
  await first.start();
  await one.start();
  await one.meets(ben);
  await second.start();
  await second.reaches('waiting');
  await one.next();
  await one.meets(cleo);

  await one.next();
  await expect(one.page.getByRole('heading', { level: 1 })).toHaveText('One moment');
  await expect(one.page.getByRole('status').first()).toHaveText('One moment. It goes on by itself.');
  await one.reaches('waiting', { timeout: 35_000 });
  await one.hasNoProblem();
  expect(await server.metric('passerby_limited_total{limit="peer-nexts"}')).toBe(1);
});
