import { ben, cleo, expect } from '../fixtures';
import { test } from '../fixtures/bare';

// Stories without Passerby. If one of them fails, the browser, the fake devices or the media probe is at fault.

test('a bare call carries video and audio in both directions', async ({ pair: [ada, ben] }) => {
  await ada.hasOneConnection();
  await ben.hasOneConnection();
});

test('one visitor is never mistaken for another', async ({ pair: [ada] }) => {
  // Ada sees and hears Ben, so the checks for Cleo must fail.
  await ada.sees(ben);
  await ada.hears(ben);
  const shortTimeout = { timeout: 2_000 };
  await expect(ada.sees(cleo, shortTimeout)).rejects.toThrow('Ada sees Cleo');
  await expect(ada.hears(cleo, shortTimeout)).rejects.toThrow('Ada hears Cleo');
});
