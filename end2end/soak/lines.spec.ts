import { ada, ben, expect, meet, test } from '../fixtures';

for (const seconds of [5, 40]) {
  test(`a call survives when one end loses the server for ${seconds} s`, async ({ visitor, faultyProxy }) => {
    const [one, other] = [await visitor(ada, { throughFaultyProxy: true }), await visitor(ben)];
    one.expectErrors(/WebSocket connection to .* failed/, /Failed to load resource/);
    await meet(one, other);
    for (const it of [one, other]) await it.takePhases();

    faultyProxy.block();
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
    await one.sees(ben);
    await other.sees(ada);
    faultyProxy.unblock();
    await one.hasNoProblem({ timeout: 30_000 });
    await one.sees(ben);
    await other.sees(ada);
    for (const it of [one, other]) expect(await it.takePhases(), 'the call went on').toEqual([]);

    await one.next();
    await other.reaches('ended');
    // After the grace period the server treats a returning page as new, but the two pages still know each other.
    await other.reaches('waiting');
    await one.reaches('waiting');
  });
}

test('both ends can press Next at once repeatedly', async ({ pair: [one, other] }) => {
  for (let round = 0; round < 3; round++) {
    await Promise.all([one.next(), other.next()]);
    await one.reaches('waiting');
    await other.reaches('waiting');
    // Two who parted are not matched again for a while.
    await one.reaches('talking', { timeout: 45_000 });
    await one.meets(ben);
    await other.meets(ada);
  }
});
