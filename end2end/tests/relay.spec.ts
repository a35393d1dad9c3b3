import { ada, ben, expect, meet, test, type Visitor } from '../fixtures';
import { Path, Turn } from '../fixtures/turn';

const both = [[ada, true], [ben, true]] as const;

for (const [who, hides] of [
  ['both hide', [true, true]],
  ['one hides', [true, false]],
] as const) {
  test(`${who}: both use the relay and nothing else`, async ({ server, visitor }) => {
    const turn = await Turn.open();
    await server.restart(turn.settings());
    const pair = [await visitor(ada), await visitor(ben)] as const;
    for (const [i, one] of pair.entries()) {
      await one.arrive();
      if (hides[i]) await one.switches('Hide my address');
      await one.start();
    }
    await pair[0].meets(ben);
    await pair[1].meets(ada);
    for (const one of pair) {
      expect(await one.path(), `the path of ${one.person.name}`).toEqual(['relay', 'relay']);
      expect(await one.candidates(), 'and nothing else was told').toEqual(['relay']);
      await expect(one.page.locator('[data-path]')).toHaveAttribute('data-path', 'relayed');
    }
    await turn.close();
  });
}

test('nobody is found without a relay for one who hides, and it is said why', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.arrive();
  await one.switches('Hide my address');
  await one.start();
  await one.isTold('no-relay');
  await one.lightsAreOut();

  const other = await visitor(ben);
  await other.arrive();
  await other.start();
  await other.reaches('waiting');

  await one.arrive();
  await expect(one.page.getByRole('switch', { name: 'Hide my address' }).first(), 'it is remembered').toBeChecked();
  await one.switches('Hide my address');
  await one.start();
  await one.meets(ben);
  await other.meets(ada);
});

test('a path that carries nothing for three seconds is there again within six', async ({ server, visitor }) => {
  const turn = await Turn.open();
  const path = await Path.lay(turn.address);
  await server.restart(turn.settings(path.port));
  const pair = [await visitor(ada), await visitor(ben)] as const;
  for (const [person] of both) {
    const one = pair.find((it) => it.person === person)!;
    await one.arrive();
    await one.switches('Hide my address');
    await one.start();
  }
  await pair[0].meets(ben);
  await pair[1].meets(ada);
  for (const one of pair) await one.phases();

  path.block();
  const outage = new Promise((resolve) => setTimeout(resolve, 3_000));
  await expect(pair[0].app).toHaveAttribute('data-flow', /interrupted|reconnecting/);
  await outage;
  path.open();
  await Promise.all([pair[0].sees(ben, { timeout: 6_000 }), pair[1].sees(ada, { timeout: 6_000 })]);
  for (const one of pair) {
    await expect(one.app).toHaveAttribute('data-flow', 'steady');
    expect(await one.phases(), 'the call went on').toEqual([]);
  }
  path.remove();
  await turn.close();
});

test('a relayed call outlives its first credentials', async ({ server, visitor }) => {
  test.setTimeout(120_000);
  const turn = await Turn.open();
  await server.restart({ ...turn.settings(), PASSERBY__ICE__CREDENTIAL_SECONDS: '5' });
  const pair: [Visitor, Visitor] = [await visitor(ada), await visitor(ben)];
  for (const one of pair) {
    await one.arrive();
    await one.switches('Hide my address');
  }
  await meet(...pair, { arrive: false });
  const usernames = () => new Set(turn.log.match(/\d{10}:[0-9a-f-]{36}:(im)?polite/g));
  // Three lifetimes: each end has had new ones at least three times.
  await expect.poll(() => usernames().size, { timeout: 60_000, intervals: [500] }).toBeGreaterThanOrEqual(8);
  await pair[0].sees(ben);
  await pair[1].sees(ada);
  for (const one of pair) expect(await one.path()).toEqual(['relay', 'relay']);
  await turn.close();
});
