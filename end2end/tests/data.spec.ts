import { ada, ben, expect, test, type Visitor } from '../fixtures';

/** Bits a second that a page sends, over one second. */
async function sends({ page }: Visitor): Promise<number> {
  return page.evaluate(async () => {
    const connection = window.witness.connections.find(({ connectionState }) => connectionState === 'connected')!;
    const sent = async () => {
      let [bytes, at] = [0, 0];
      for (const report of (await connection.getStats()).values()) {
        if (report.type === 'outbound-rtp') [bytes, at] = [bytes + report.bytesSent + report.headerBytesSent, report.timestamp];
      }
      return { bytes, at };
    };
    const before = await sent();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const after = await sent();
    return ((after.bytes - before.bytes) * 8_000) / (after.at - before.at);
  });
}

test('who saves data sends a quarter of a megabit at most, and more again when not', async ({ visitor }) => {
  const one = await visitor(ada, { desk: 'noisy camera' });
  const other = await visitor(ben);
  for (const it of [one, other]) {
    await it.arrive();
    await it.start();
  }
  await other.reaches('talking');
  await expect.poll(() => sends(one), { message: 'bits a second before', timeout: 30_000 }).toBeGreaterThan(1_000_000);

  await one.button('More').click();
  await one.page.getByRole('dialog').getByRole('switch', { name: 'Use less data' }).check();
  await expect.poll(() => sends(one), { message: 'bits a second after', timeout: 5_000 }).toBeLessThan(250_000);
  await other.reaches('talking');
});

test('mute, camera off and another camera need no negotiation, and are seen at the other end', async ({ pair: [one, other] }) => {
  const offers = () => one.page.evaluate(() => window.witness.connections.at(-1)!.localDescription!.sdp);
  const before = await offers();
  await one.button('Turn camera off').click();
  await expect(other.page.getByText('Their camera is off').first()).toBeVisible();
  await one.button('Mute microphone').click();
  const senders = () =>
    one.page.evaluate(() => window.witness.connections.at(-1)!.getSenders().map(({ track }) => track?.kind ?? null));
  await expect.poll(senders).toEqual([null, null]);
  await one.button('Turn camera on').click();
  await one.button('Unmute microphone').click();
  await expect.poll(senders).toEqual(['audio', 'video']);
  await other.sees(ada);
  await other.hears(ada);
  expect(await offers(), 'nothing was negotiated').toBe(before);
});
