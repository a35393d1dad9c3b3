import { ada, ben, elsewhere, expect, test } from '../fixtures';

test('who refuses the camera is told so, and can think again', async ({ visitor }) => {
  const one = await visitor(ada, { desk: 'refuses' });
  await one.arrive();
  await one.start();
  await one.isTold('camera-blocked');
  await one.reaches('landing');

  // Nothing needs to be pressed for that.
  await one.context.grantPermissions(['camera', 'microphone']);
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

test('a page that did not come over https is told so', async ({ visitor, server }) => {
  const home = server.url.replace('127.0.0.1', elsewhere);
  await server.kill();
  await server.start({ PASSERBY__SERVER__ORIGINS: home });

  const one = await visitor(ada);
  // Chromium says of any page over plain http that it does not heed this header.
  one.forgive(/Cross-Origin-Opener-Policy/);
  await one.arrive(home);
  await one.start();
  await one.isTold('insecure');
  await one.reaches('landing');
  expect(await one.opened()).toBe(0);
});
