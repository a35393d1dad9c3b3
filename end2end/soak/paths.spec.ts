import { ada, ben, expect, meet } from '../fixtures';
import { story } from '../fixtures/relay-pair';
import { recover } from '../fixtures/recovery';

for (const [seconds, within] of [
  [3, 6_000],
  [20, 10_000],
] as const) {
  story(`nothing comes through for ${seconds} s`, async ({ between: { pair, path } }) => {
    await meet(...pair, { arrive: false });
    path.block();
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
    path.open();
    const outcome = await recover(pair, within);
    if (seconds === 3) expect(outcome).toBe('talking');
    console.log(`the way gone for ${seconds} s: both ${outcome}`);
  });
}

for (const loss of [5, 15]) {
  story(`${loss} % loss and 100 ms delay`, async ({ between: { pair, path } }) => {
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
