import { defineConfig } from '@playwright/test';

import stories from './playwright.config';

const file = process.env.SHOTS_LANG ? 'language.spec.ts' : 'shots.spec.ts';

export default defineConfig({ ...stories, testDir: './gallery', testMatch: file });
