import { ada, ben, expect, test } from '../fixtures';
import { firstFrameTimes, median, summary } from '../fixtures/speed';
import { SignallingServer } from '../bare/signalling';

/** A loose bound that only finds large regressions. `make soak` checks the strict bound with more rounds. */
const TIMES_BARE = 2;
const ROUNDS = 8;

test.use({ trace: 'off' });

test('the first frame arrives at most twice as late as in a bare call', async ({ visitor, home }) => {
  test.setTimeout(240_000);
  const signalling = await SignallingServer.open();
  // Both pages use the same two browsers in turns, so that other load on the machine affects both equally.
  const pair = [await visitor(ada), await visitor(ben)] as const;
  const bare: number[] = [];
  const passerby: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(...(await firstFrameTimes(pair, signalling.url)));
    passerby.push(...(await firstFrameTimes(pair, home)));
  }
  await signalling.close();

  console.log(`matched to first frame, ms, median of ${ROUNDS} rounds at both ends`);
  console.log(summary('bare', bare));
  console.log(summary('Passerby', passerby));
  expect(median(passerby)).toBeLessThanOrEqual(TIMES_BARE * median(bare));
});
