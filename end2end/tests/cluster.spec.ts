import { ada, ben, cleo, expect, meet } from '../fixtures';
import { test } from '../fixtures/cluster';

test('a call between two edges survives the death of the core, of an edge and of Redis', async ({ cluster, visitor }) => {
  test.setTimeout(150_000);
  const [one, other, third] = [await visitor(ada), await visitor(ben), await visitor(cleo)];
  for (const it of [one, other, third]) {
    it.expectErrors(/WebSocket connection to .* failed/, /Failed to load resource/);
  }
  await one.arrive(cluster.doors[0]);
  await other.arrive(cluster.doors[1]);
  await meet(one, other, { arrive: false });
  for (const it of [one, other]) await it.takePhases();

  await cluster.suffersDeaths(third, [one, other]);
  expect(await one.takePhases(), 'the call has gone on').toEqual([]);
  expect(await other.takePhases(), 'the call has gone on').toEqual([]);
  await one.sees(ben);
  await other.sees(ada);

  // Ada meets Cleo, who has waited, through the edge that is left and the other core.
  await one.next();
  await one.meets(cleo);
  await third.meets(ada);
  await other.reaches('waiting');
  // She blocks Cleo, who then meets Ben.
  await one.openMore();
  await one.button('Block').click();
  await one.reaches('ended');
  await third.meets(ben);
  // Cleo reports Ben: the edge that is left keeps it.
  await third.button('Report').click();
  const question = third.page.locator('dialog.question[open]');
  await third.page.getByRole('radio', { name: 'Spam or fake video' }).check();
  await question.getByRole('button', { name: 'Send report' }).click();
  await expect(question.getByRole('heading', { level: 2 })).toHaveText('Thank you');
  await expect(question, 'the code for the outcome').toContainText(/Keep this code .*: \S{4,}/);
});
