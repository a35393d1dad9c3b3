import { ada, ben, expect, meet, refuseConnections, startWaiting, test, type Visitor } from '../fixtures';
import { Turn } from '../fixtures/turn';

/** One who cannot connect is told so, while the other waits and meets nobody. */
async function isToldBeforeAStrangerIsMet(one: Visitor, other: Visitor): Promise<void> {
  await startWaiting(other);
  await other.takePhases();
  await one.arrive();
  await one.start();
  await one.seesProblem('cannot-connect', { timeout: 20_000 });
  await expect(one.page.getByRole('heading', { level: 1 })).toHaveText('Something is blocking your calls');
  await one.hasReleasedDevices();
  expect(await other.takePhases(), 'nobody was met').toEqual([]);
}

test('a browser whose policy blocks calls says so before a stranger is met, and lets its person try', async ({ visitor }) => {
  const [one, other] = [await visitor(ada, { policy: 'disable_non_proxied_udp' }), await visitor(ben)];
  await isToldBeforeAStrangerIsMet(one, other);
  await one.button('Try again').click();
  await one.reaches('connecting');
  await one.seesProblem('cannot-connect', { timeout: 30_000 });
});

test('a browser that refuses to make a connection says so before a stranger is met', async ({ visitor }) => {
  const [one, other] = [await visitor(ada), await visitor(ben)];
  await one.page.addInitScript(refuseConnections);
  await isToldBeforeAStrangerIsMet(one, other);
});

for (const passesOn of [true, false]) {
  test(`a browser that allows only relays ${passesOn ? 'meets people through one' : 'is told of one that passes nothing on'}`, async ({ server, visitor }) => {
    const turn = await Turn.open(undefined, { passesOn });
    await server.restart(turn.settings(turn.address.port, 'tcp'));
    const [one, other] = [await visitor(ada, { policy: 'disable_non_proxied_udp' }), await visitor(ben)];
    if (passesOn) {
      await meet(one, other);
      expect((await one.selectedCandidateTypes())[0]).toBe('relay');
    } else {
      await isToldBeforeAStrangerIsMet(one, other);
    }
    expect(turn.log, 'the relay has handed out an address').toMatch(/ALLOCATE processed, success/);
    await turn.close();
  });
}

test('a browser that allows only paths through a server is not stopped', async ({ server, visitor }) => {
  const turn = await Turn.open();
  await server.restart(turn.settings());
  const [one, other] = [await visitor(ada, { policy: 'default_public_interface_only' }), await visitor(ben)];
  await startWaiting(one);
  await other.arrive();
  await other.start();
  await one.meets(ben);
  await other.meets(ada);
  await turn.close();
});
