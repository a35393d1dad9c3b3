import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: './tests',
  globalSetup: './fixtures/fake-media.ts',
  outputDir: './test-results',
  // Each visitor is a whole browser that encodes and decodes video. Two cores can only run one story at a time.
  workers: 1,
  // A flaky story is a bug, either in the story or in Passerby.
  retries: 0,
  forbidOnly: !!process.env.CI,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [
    ['list'],
    ...(process.env.CI ? [['html', { outputFolder: 'report', open: 'never' }] as const] : []),
    ['./fixtures/failures.ts'],
  ],
  use: {
    actionTimeout: 10_000,
    // Snapshots of the page take a tenth of the time of all stories. TRACE=1 adds them.
    trace: { mode: 'retain-on-failure', screenshots: false, snapshots: !!process.env.TRACE, sources: true },
  },
});
