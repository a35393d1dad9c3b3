import { ada, ben, cleo, dan, expect, test } from '../fixtures';

test('Next brings somebody new, and nothing of the old stranger stays', async ({ pair: [one, other], visitor }) => {
  const third = await visitor(cleo);
  await third.arrive();
  await third.start();
  await third.reaches('waiting');

  await one.next();
  await one.meets(cleo);
  await third.meets(ada);
  await one.hasOneConnection();

  // The one who was left is told, and looks on without a press.
  await other.reaches('waiting');
  expect(await other.phases()).toContain('ended');
  await other.isAlone();
});

test('two who parted are not brought together again at once', async ({ pair: [one, other], visitor }) => {
  await one.next();
  await one.reaches('waiting');
  await other.reaches('waiting');
  await one.isAlone();
  await other.isAlone();

  // Both wait, and whoever else comes is welcome to them: first come, first served.
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

test('both press Next at the same moment, and one call ends once', async ({ pair: [one, other], visitor }) => {
  await one.phases();
  await other.phases();
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
  for (const { phases } of [{ phases: await one.phases() }, { phases: await other.phases() }]) {
    expect(phases.filter((phase) => phase === 'talking'), phases.join(' ')).toHaveLength(1);
  }
});
