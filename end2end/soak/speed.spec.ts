import { ada, ben, expect, test } from '../fixtures';
import { Server } from '../fixtures/server';
import { firstFrames, median, told } from '../fixtures/speed';
import { Turn } from '../fixtures/turn';
import { Relay } from '../bare/relay';

/** A picture within so many times what two browsers need when nobody stands between them. */
const TIMES_BARE = 1.25;
const ROUNDS = 20;

test.use({ trace: 'off' });

test('from matched to the first frame: bare, direct, relayed', async ({ visitor, home }) => {
  test.setTimeout(480_000);
  const [relay, turn, hiding] = [await Relay.open(), await Turn.open(), await Server.open()];
  await hiding.restart(turn.settings());
  const pair = [await visitor(ada), await visitor(ben)] as const;
  const [bare, direct, relayed]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(...(await firstFrames(pair, relay.url)));
    direct.push(...(await firstFrames(pair, home)));
    relayed.push(...(await firstFrames(pair, hiding.url, true)));
  }
  await Promise.all([relay.close(), turn.close(), hiding.kill()]);

  console.log(`matched to first frame, ms, median of ${ROUNDS} rounds at both ends`);
  console.log([told('bare', bare), told('direct', direct), told('relayed', relayed)].join('\n'));
  expect(median(direct)).toBeLessThanOrEqual(TIMES_BARE * median(bare));
});
