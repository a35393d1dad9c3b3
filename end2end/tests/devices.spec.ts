import { ada, ben, meet, expect, test } from '../fixtures';

test('who refuses the camera is told so, and can think again', async ({ visitor }) => {
  const one = await visitor(ada, { desk: 'refuses' });
  await one.arrive();
  await one.start();
  await one.isTold('camera-blocked');
  await one.reaches('landing');

  await one.context.grantPermissions(['camera', 'microphone']);
  await meet(await visitor(ben), one);
  await one.hasNoProblem();
});

test('who has neither camera nor microphone is told so', async ({ visitor }) => {
  const one = await visitor(ada, { desk: 'nothing' });
  await one.arrive();
  await one.start();
  await one.isTold('no-device');
  await one.reaches('landing');
  expect(await one.opened()).toBe(0);
});
