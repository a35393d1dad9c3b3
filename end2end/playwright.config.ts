import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: './tests',
  globalSetup: './fixtures/fake-media.ts',
  outputDir: './test-results',
  // Each visitor is a whole browser that encodes and decodes video: more than one story at a time starves two cores.
  workers: 1,
  // A story that only sometimes holds is a bug, in the story or in the house.
  retries: 0,
  forbidOnly: !!process.env.CI,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: process.env.CI ? [['list'], ['html', { outputFolder: 'report', open: 'never' }]] : 'list',
  use: {
    actionTimeout: 10_000,
    trace: { mode: 'retain-on-failure', screenshots: false, snapshots: true, sources: true },
  },
});
