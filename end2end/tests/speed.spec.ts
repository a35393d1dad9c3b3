import { ada, ben, expect, test } from '../fixtures';
import { firstFrames, median, told } from '../fixtures/speed';
import { Relay } from '../bare/relay';

/** `make soak` holds the promise, with more rounds; this finds what makes it a wish. */
const TIMES_BARE = 2;
const ROUNDS = 8;

test.use({ trace: 'off' });

test('from matched to the first frame', async ({ visitor, home }) => {
  test.setTimeout(240_000);
  const relay = await Relay.open();
  // The same two browsers for both, in turns, so that whatever else the machine does hits both alike.
  const pair = [await visitor(ada), await visitor(ben)] as const;
  const bare: number[] = [];
  const passerby: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(...(await firstFrames(pair, relay.url)));
    passerby.push(...(await firstFrames(pair, home)));
  }
  await relay.close();

  console.log(`matched to first frame, ms, median of ${ROUNDS} rounds at both ends`);
  console.log(told('bare', bare));
  console.log(told('Passerby', passerby));
  expect(median(passerby)).toBeLessThanOrEqual(TIMES_BARE * median(bare));
});
