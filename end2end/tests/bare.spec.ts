import { ben, cleo, expect } from '../fixtures';
import { test } from '../fixtures/bare';

// Without Passerby: if one of these breaks, the browser, the fake devices or the proofs are to blame.

test('a bare call carries both pictures and both voices', async ({ pair: [ada, ben] }) => {
  await ada.hasOneConnection();
  await ben.hasOneConnection();
});

test('nobody is taken for another', async ({ pair: [ada] }) => {
  // Ben is there to be taken for Cleo.
  await ada.sees(ben);
  await ada.hears(ben);
  const briefly = { timeout: 2_000 };
  await expect(ada.sees(cleo, briefly)).rejects.toThrow('Ada sees Cleo');
  await expect(ada.hears(cleo, briefly)).rejects.toThrow('Ada hears Cleo');
});
