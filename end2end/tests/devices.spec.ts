import { ada, ben, expect, test } from '../fixtures';

test('who refuses the camera is told so, and can think again', async ({ visitor }) => {
  const one = await visitor(ada, { desk: 'refuses' });
  await one.arrive();
  await one.start();
  await one.isTold('camera-blocked');
  await one.reaches('landing');

  await one.context.grantPermissions(['camera', 'microphone']);
  await one.button('Try again').click();
  await one.reaches('waiting');
  await one.hasNoProblem();

  const other = await visitor(ben);
  await other.arrive();
  await other.start();
  await one.meets(ben);
  await other.meets(ada);
});

test('who has neither camera nor microphone is told so', async ({ visitor }) => {
  const one = await visitor(ada, { desk: 'nothing' });
  await one.arrive();
  await one.start();
  await one.isTold('no-device');
  await one.reaches('landing');
  expect(await one.opened()).toBe(0);
});
