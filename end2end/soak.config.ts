import { defineConfig } from '@playwright/test';

import stories from './playwright.config';

export default defineConfig({ ...stories, testDir: './soak', timeout: 240_000 });
