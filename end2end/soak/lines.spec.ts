import { ada, ben, expect, meet, test } from '../fixtures';
import { Wire } from '../fixtures/wire';

for (const seconds of [5, 40]) {
  test(`the way of one to the server is cut for ${seconds} s`, async ({ visitor }) => {
    const wire = await Wire.lay();
    const [one, other] = [await visitor(ada, { wire }), await visitor(ben)];
    one.forgive(/WebSocket connection to .* failed/, /Failed to load resource/);
    await meet(one, other);
    for (const it of [one, other]) await it.phases();

    wire.cut();
    await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
    await one.sees(ben);
    await other.sees(ada);
    wire.mend();
    await one.hasNoProblem({ timeout: 30_000 });
    await one.sees(ben);
    await other.sees(ada);
    for (const it of [one, other]) expect(await it.phases(), 'the call went on').toEqual([]);

    await one.next();
    await other.reaches('ended');
    // Who comes back after the grace is somebody new to the server, but not to each other.
    await other.reaches('waiting');
    await one.reaches('waiting');
    await wire.remove();
  });
}

test('both press Next at once, again and again', async ({ pair: [one, other] }) => {
  for (let round = 0; round < 3; round++) {
    await Promise.all([one.next(), other.next()]);
    await one.reaches('waiting');
    await other.reaches('waiting');
    // Who parted is kept apart for a while.
    await one.reaches('talking', { timeout: 45_000 });
    await one.meets(ben);
    await other.meets(ada);
  }
});
