import { setTimeout as sleep } from 'node:timers/promises';

import { ada, ben, expect, test, type Visitor } from '../fixtures';
import { line, Tab, type Reading } from '../fixtures/tab';

/** How long the long call takes, and how many strangers the other story meets. Less is for a first try. */
const MINUTES = Number(process.env.MINUTES ?? 10);
const NEXTS = Number(process.env.NEXTS ?? 200);
/** Where growth is measured from: by then the page has done everything once. */
const FIRST_MINUTE = Math.min(2, Math.ceil(MINUTES / 2));
const FIRST_NEXT = Math.min(20, Math.ceil(NEXTS / 2));
/** The largest allowed ratio of a figure to the first one. */
const MAX_GROWTH = 1.05;
/** What belongs to the page alone. */
const KEPT = ['objects', 'nodes', 'listeners', 'marks', 'wasm'] as const;

/** How long a step may take, in milliseconds: this is no test of speed, and a busy machine may not end it. */
const PATIENCE = { timeout: 60_000 };

// Playwright's own traces grow.
test.use({ trace: 'off', actionTimeout: PATIENCE.timeout });

test(`nothing grows in a call of ${MINUTES} minutes`, async ({ visitor }) => {
  test.setTimeout((MINUTES + 3) * 60_000);
  const [one, other] = [await visitor(ada, { unwatched: true }), await visitor(ben)];
  const tab = await Tab.of(one);
  for (const it of [one, other]) {
    await it.arrive();
    await it.start();
  }
  await inCall(one, other);
  const readings = [await tab.read()];
  let at = performance.now();
  for (let minute = 1; minute <= MINUTES; minute++) {
    await sleep(60_000);
    const [before, now] = [readings.at(-1)!, await tab.read()];
    console.log(line(`minute ${minute}`, now, before, (performance.now() - at) / 1_000));
    at = performance.now();
    readings.push(now);
  }
  await other.sees(ada);
  expectNoGrowth(readings[FIRST_MINUTE]!, readings[MINUTES]!, ['heap', ...KEPT]);
});

test(`nothing grows with ${NEXTS} Nexts`, async ({ server, visitor }) => {
  test.setTimeout((NEXTS * 10 + 60) * 1_000);
  await server.restart({ PASSERBY__LIMITS__PEER__NEXTS__BURST: '0' });
  const one = await visitor(ada, { unwatched: true });
  const tab = await Tab.of(one);
  await one.arrive();
  let stranger: Visitor | undefined;
  // Each stranger is new, since two who parted are kept apart for a while.
  const meet = async (press: () => Promise<void>) => {
    await press();
    await one.reaches('waiting');
    await stranger?.context.close();
    stranger = await visitor(ben);
    await stranger.arrive();
    await stranger.start();
    await inCall(one, stranger);
  };
  await meet(() => one.start());
  let first: Reading | undefined;
  let last: Reading | undefined;
  for (let number = 1; number <= NEXTS; number++) {
    await meet(() => one.next());
    if (number % FIRST_NEXT !== 0 && number !== NEXTS) continue;
    last = await tab.read();
    first ??= last;
    console.log(line(`${number} Nexts`, last));
  }
  // The whole heap grows by some kilobytes for each Next; of those, nearly all were compiled code.
  expectNoGrowth(first!, last!, KEPT);
});

/** The two are in a call: each sees moving pictures of the other. */
async function inCall(one: Visitor, other: Visitor): Promise<void> {
  await other.reaches('talking', PATIENCE);
  await one.reaches('talking', PATIENCE);
  await other.sees(one.person, PATIENCE);
  const shown = await one.stranger.evaluate((video: HTMLVideoElement) => video.getVideoPlaybackQuality().totalVideoFrames);
  expect(shown, `frames displayed to ${one.person.name}`).toBeGreaterThan(0);
}

function expectNoGrowth(first: Reading, last: Reading, figures: readonly (keyof Reading)[]): void {
  for (const it of figures) expect.soft(last[it] / first[it], `growth of ${it}`).toBeLessThanOrEqual(MAX_GROWTH);
}
