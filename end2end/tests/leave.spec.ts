import { ada, ben, cleo, expect, test, type Visitor } from '../fixtures';

/** Told what happened, free of the old stranger, looking on by itself, and found by the next who comes. */
async function looksOn(left: Visitor, newcomer: Visitor, within?: { timeout: number }) {
  await left.reaches('waiting', within);
  expect(await left.phases()).toContain('ended');
  await left.isAlone();

  await newcomer.arrive();
  await newcomer.start();
  await left.meets(newcomer.person);
  await newcomer.meets(left.person);
}

test('Stop', async ({ pair: [one, other], visitor }) => {
  await other.stop();
  await other.reaches('landing');
  await other.isAlone();
  await looksOn(one, await visitor(cleo));
});

test('closing the tab', async ({ pair: [one, other], visitor }) => {
  await other.leave();
  await looksOn(one, await visitor(cleo));
});

test('a browser that dies', async ({ pair: [one, other], visitor }) => {
  await other.crash();
  // Nobody said goodbye: it takes five seconds without media to be sure.
  await looksOn(one, await visitor(cleo), { timeout: 30_000 });
});

test('a browser that dies while two are being connected', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.arrive();
  await one.start();
  await one.reaches('waiting');

  const other = await visitor(ben);
  await other.arrive();
  // Hung before it can answer, so that the two are certainly not connected yet.
  await other.hangsOn('matched');
  await other.start();
  await one.reaches('connecting');
  await other.crash();

  await one.reaches('waiting', { timeout: 40_000 });
  expect(await one.phases()).not.toContain('talking');
  await one.isAlone();

  const third = await visitor(cleo);
  await third.arrive();
  await third.start();
  await one.meets(cleo);
});

test('who waits can stop waiting, and is not found any more', async ({ visitor }) => {
  const one = await visitor(ada);
  await one.arrive();
  await one.start();
  await one.reaches('waiting');
  await one.stop();
  await one.reaches('landing');

  const other = await visitor(ben);
  await other.arrive();
  await other.start();
  await other.reaches('waiting');

  // The third would have been Ben's second choice.
  const third = await visitor(cleo);
  await third.arrive();
  await third.start();
  await other.meets(cleo);
  await one.reaches('landing');
});
