import { ada, ben, expect, meet, test, type Visitor } from '../fixtures';
import { freePort } from '../fixtures/server';
import { expectRecovery } from '../fixtures/recovery';
import { RelayPath, Turn } from '../fixtures/turn';

const connectionErrors = [/WebSocket connection to .* failed/, /Failed to load resource: net::ERR_CONNECTION/];

/** Settings of a server with a relay of its own. */
const withOwnRelay = async () => ({ PASSERBY__RELAY__ADDR: `127.0.0.1:${await freePort()}` });

/** Both arrive, those who hide their address say so, and the two meet. */
async function hideAndMeet(pair: readonly [Visitor, Visitor], hides: readonly [boolean, boolean] = [true, true]) {
  for (const [i, one] of pair.entries()) {
    await one.arrive();
    if (hides[i]) await one.toggle('Hide my IP address');
  }
  await meet(...pair, { arrive: false });
}

/** Only the relay is used, and neither end knows another address. */
async function expectRelayed(pair: readonly [Visitor, Visitor]) {
  for (const one of pair) {
    expect(await one.selectedCandidateTypes(), `the selected candidates of ${one.person.name}`).toEqual(['relay', 'relay']);
    expect(await one.candidateTypes(), 'no other candidates are known').toEqual(['relay']);
    await expect(one.page.locator('[data-path]')).toHaveAttribute('data-path', 'relayed');
  }
}

test('two who hide meet through the relay that a server has by itself, and learn nothing but its names', async ({ server, visitor }) => {
  // As it is without a setting: at port 3478, beside the page.
  await server.restart({ PASSERBY__RELAY__ADDR: 'auto' });
  const pair = [await visitor(ada), await visitor(ben)] as const;
  await hideAndMeet(pair);
  await expectRelayed(pair);
  for (const one of pair) expect(await one.partnerAddresses(), 'the addresses of the partner').toEqual(['192.0.0.8']);
});

test('two who do not hide connect directly although the server has a relay', async ({ server, visitor }) => {
  await server.restart(await withOwnRelay());
  const [one, other] = [await visitor(ada), await visitor(ben)];
  await meet(one, other);
  expect(await one.selectedCandidateTypes()).not.toContain('relay');
  await expect(one.page.locator('[data-path]')).toHaveAttribute('data-path', 'direct');
});

test('a relayed call comes back within ten seconds of a restart of the server and its relay', async ({ server, visitor }) => {
  const settings = await withOwnRelay();
  await server.restart(settings);
  const pair = [await visitor(ada), await visitor(ben)] as const;
  for (const one of pair) one.expectErrors(...connectionErrors);
  await hideAndMeet(pair);
  for (const one of pair) await one.takePhases();

  await server.restart(settings);
  expect(await expectRecovery(pair, 10_000)).toBe('talking');
  await expectRelayed(pair);
  for (const one of pair) expect(await one.takePhases(), 'the call went on').toEqual([]);
});

test('a relayed call goes on while the server is down if its relay runs apart', async ({ server, visitor }) => {
  const settings = { ...(await withOwnRelay()), PASSERBY__RELAY__APART: 'true' };
  await server.restart(settings);
  await server.startRelay(settings);
  const pair = [await visitor(ada), await visitor(ben)] as const;
  for (const one of pair) one.expectErrors(...connectionErrors);
  await hideAndMeet(pair);
  for (const one of pair) await one.takePhases();

  await server.kill();
  for (const one of pair) await one.seesProblem('server-lost', { timeout: 30_000 });
  await Promise.all([pair[0].sees(ben), pair[1].sees(ada)]);
  for (const one of pair) await expect(one.app).toHaveAttribute('data-flow', 'steady');
  await server.start(settings);
  for (const one of pair) await one.hasNoProblem({ timeout: 30_000 });
  await expectRelayed(pair);
  for (const one of pair) expect(await one.takePhases(), 'the call went on').toEqual([]);
});

test('with an external relay beside its own, a server connects those who hide through one of them', async ({ server, visitor }) => {
  const turn = await Turn.open();
  await server.restart({ ...turn.settings(), ...(await withOwnRelay()) });
  const pair = [await visitor(ada), await visitor(ben)] as const;
  await hideAndMeet(pair);
  await expectRelayed(pair);
  await turn.close();
});

for (const [who, hides] of [
  ['both hide', [true, true]],
  ['one hides', [true, false]],
] as const) {
  test(`${who}: both use only the relay`, async ({ server, visitor }) => {
    const turn = await Turn.open();
    await server.restart(turn.settings());
    const pair = [await visitor(ada), await visitor(ben)] as const;
    await hideAndMeet(pair, hides);
    await expectRelayed(pair);
    await turn.close();
  });
}

test('without its relay a server connects nobody who hides, unless that person agrees', async ({ server, visitor }) => {
  const one = await visitor(ada);
  await one.hidesAddress(server);
  await one.start();
  await one.seesProblem('no-relay');
  await one.hasReleasedDevices();

  const other = await visitor(ben);
  await other.arrive();
  await other.start();
  await other.reaches('waiting');

  await one.arrive();
  const hides = one.page.locator('.panel').getByRole('switch', { name: 'Hide my IP address' });
  await expect(hides, 'the setting is remembered').toBeChecked();
  await one.start();
  await one.seesProblem('no-relay');
  await one.button('Meet people anyway').click();
  await one.meets(ben);
  await other.meets(ada);
  await one.stop();
  await expect(hides, 'this server has no relay').toBeHidden();
});

test('a call recovers within six seconds from a path blocked for three', async ({ server, visitor }) => {
  const turn = await Turn.open();
  const path = await RelayPath.open(turn.address);
  await server.restart(turn.settings(path.port));
  const pair = [await visitor(ada), await visitor(ben)] as const;
  await hideAndMeet(pair);
  for (const one of pair) await one.takePhases();

  path.block();
  const outage = new Promise((resolve) => setTimeout(resolve, 3_000));
  await expect(pair[0].app).toHaveAttribute('data-flow', /interrupted|reconnecting/);
  await outage;
  path.unblock();
  await Promise.all([pair[0].sees(ben, { timeout: 6_000 }), pair[1].sees(ada, { timeout: 6_000 })]);
  for (const one of pair) {
    await expect(one.app).toHaveAttribute('data-flow', 'steady');
    expect(await one.takePhases(), 'the call went on').toEqual([]);
  }
  path.close();
  await turn.close();
});

test('a relayed call outlives its first credentials', async ({ server, visitor }) => {
  test.setTimeout(120_000);
  const turn = await Turn.open();
  await server.restart({ ...turn.settings(), PASSERBY__ICE__CREDENTIAL_SECONDS: '5' });
  const pair: [Visitor, Visitor] = [await visitor(ada), await visitor(ben)];
  await hideAndMeet(pair);
  const usernames = () => new Set(turn.log.match(/\d{10}:[0-9a-f]{32}/g));
  // Three lifetimes: each end has received new credentials at least three times.
  await expect.poll(() => usernames().size, { timeout: 60_000, intervals: [500] }).toBeGreaterThanOrEqual(8);
  await pair[0].sees(ben);
  await pair[1].sees(ada);
  for (const one of pair) expect(await one.selectedCandidateTypes()).toEqual(['relay', 'relay']);
  await turn.close();
});
