import { ada, ben, expect, test, type Visitor } from '../fixtures';
import { Relay } from '../bare/relay';

/** A picture within twice what two browsers need when nobody stands between them. */
const TIMES_BARE = 2;
const ROUNDS = 20;

test.use({ trace: 'off' });

test('from matched to the first frame', async ({ visitor, home }) => {
  test.setTimeout(240_000);
  const relay = await Relay.open();
  // The same two browsers for both, in turns, so that whatever else the machine does hits both alike.
  const pair = [await visitor(ada), await visitor(ben)] as const;
  const bare: number[] = [];
  const passerby: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(...(await millisecondsToFirstFrame(pair, relay.url)));
    passerby.push(...(await millisecondsToFirstFrame(pair, home)));
  }
  await relay.close();

  console.log(`matched to first frame, ms, median of ${ROUNDS} rounds at both ends`);
  console.log(`  bare      ${median(bare)}  (${spread(bare)})`);
  console.log(`  Passerby  ${median(passerby)}  (${spread(passerby)})`);
  expect(median(passerby)).toBeLessThanOrEqual(TIMES_BARE * median(bare));
});

/** One call, at each end; the page is loaded anew, so that the two are strangers again. Cameras are open before `matched`. */
async function millisecondsToFirstFrame(pair: readonly [Visitor, Visitor], url: string): Promise<number[]> {
  for (const visitor of pair) await visitor.arrive(url);
  for (const visitor of pair) {
    await visitor.start();
    await expect(visitor.app).toHaveAttribute('data-phase', /waiting|connecting|talking/);
  }
  const times: number[] = [];
  for (const { page } of pair) {
    const time = await page.waitForFunction(() => {
      const { matchedAt, firstFrameAt } = window.witness;
      return matchedAt !== null && firstFrameAt !== null ? firstFrameAt - matchedAt : null;
    });
    times.push((await time.jsonValue())!);
  }
  for (const { page } of pair) await page.goto('about:blank');
  return times;
}

function sorted(times: number[]): number[] {
  return times.toSorted((a, b) => a - b);
}

function median(times: number[]): number {
  const middle = times.length / 2;
  const around = sorted(times).slice(Math.ceil(middle) - 1, Math.floor(middle) + 1);
  return Math.round(around.reduce((a, b) => a + b) / around.length);
}

function spread(times: number[]): string {
  return sorted(times).map(Math.round).join(' ');
}
