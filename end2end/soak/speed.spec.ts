import { ada, ben, expect, test } from '../fixtures';
import { Server } from '../fixtures/server';
import { firstFrameTimes, median, summary } from '../fixtures/speed';
import { Turn } from '../fixtures/turn';
import { SignallingServer } from '../bare/signalling';

/** The largest allowed ratio of the direct time to that of a bare call. */
const TIMES_BARE = 1.25;
const ROUNDS = 20;

test.use({ trace: 'off' });

test('a direct first frame arrives at most 1.25 times as late as in a bare call', async ({ visitor, home }) => {
  test.setTimeout(480_000);
  const [signalling, turn, hiding] = [await SignallingServer.open(), await Turn.open(), await Server.open()];
  await hiding.restart(turn.settings());
  const pair = [await visitor(ada), await visitor(ben)] as const;
  const [bare, direct, relayed]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(...(await firstFrameTimes(pair, signalling.url)));
    direct.push(...(await firstFrameTimes(pair, home)));
    relayed.push(...(await firstFrameTimes(pair, hiding.url, true)));
  }
  await Promise.all([signalling.close(), turn.close(), hiding.kill()]);

  console.log(`matched to first frame, ms, median of ${ROUNDS} rounds at both ends`);
  console.log([summary('bare', bare), summary('direct', direct), summary('relayed', relayed)].join('\n'));
  expect(median(direct)).toBeLessThanOrEqual(TIMES_BARE * median(bare));
});
