import { ada, ben, cleo, dan, expect, test } from '../fixtures';

test('Next brings a new stranger and releases the old one', async ({ pair: [one, other], visitor }) => {
  const third = await visitor(cleo);
  await third.arrive();
  await third.start();
  await third.reaches('waiting');

  await one.next();
  await one.meets(cleo);
  await third.meets(ada);
  await one.hasOneConnection();

  // The partner who was left is told and waits again without a click.
  await other.reaches('waiting');
  expect(await other.takePhases()).toContain('ended');
  await other.hasReleasedPartner();
});

test('two who parted are not matched with each other again at once', async ({ pair: [one, other], visitor }) => {
  await one.next();
  await one.reaches('waiting');
  await other.reaches('waiting');
  await one.hasReleasedPartner();
  await other.hasReleasedPartner();

  // Both wait for others; the one who started waiting first is matched first.
  const third = await visitor(cleo);
  await third.arrive();
  await third.start();
  await third.meets(ada);
  await one.meets(cleo);

  const fourth = await visitor(dan);
  await fourth.arrive();
  await fourth.start();
  await fourth.meets(ben);
  await other.meets(dan);
});

test('when both press Next at once each gets exactly one new call', async ({ pair: [one, other], visitor }) => {
  await one.takePhases();
  await other.takePhases();
  await Promise.all([one.next(), other.next()]);
  await one.reaches('waiting');
  await other.reaches('waiting');

  for (const newcomer of [await visitor(cleo), await visitor(dan)]) {
    await newcomer.arrive();
    await newcomer.start();
    await newcomer.reaches('talking');
  }
  await one.reaches('talking');
  await other.reaches('talking');
  for (const { phases } of [{ phases: await one.takePhases() }, { phases: await other.takePhases() }]) {
    expect(phases.filter((phase) => phase === 'talking'), phases.join(' ')).toHaveLength(1);
  }
});
