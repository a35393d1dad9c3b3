import { ada, ben, expect, meet } from '../fixtures';
import { relayTest } from '../fixtures/relay-pair';
import { expectRecovery } from '../fixtures/recovery';

for (const [seconds, within] of [
  [3, 6_000],
  [20, 10_000],
] as const) {
  relayTest(`a call recovers or ends cleanly after its path is blocked for ${seconds} s`, async ({ relayPair: { pair, path } }) => {
    await meet(...pair, { arrive: false });
    path.block();
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
    path.unblock();
    const outcome = await expectRecovery(pair, within);
    if (seconds === 3) expect(outcome).toBe('talking');
    console.log(`path blocked for ${seconds} s: both ${outcome}`);
  });
}

for (const loss of [5, 15]) {
  relayTest(`a call works with ${loss} % packet loss and 100 ms delay`, async ({ relayPair: { pair, path } }) => {
    [path.loss, path.delay] = [loss, 100];
    for (const one of pair) await one.start();
    await pair[0].reaches('talking', { timeout: 30_000 });
    await pair[1].reaches('talking', { timeout: 30_000 });
    for (let round = 0; round < 5; round++) {
      await pair[0].sees(ben);
      await pair[1].sees(ada);
      await new Promise((resolve) => setTimeout(resolve, 5_000));
    }
  });
}
