// Renders the PNG files in public/ from the SVG files there: `npm --prefix end2end run brand`.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { chromium } from '@playwright/test';

const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'public');
const tile = await readFile(path.join(folder, 'icon-maskable.svg'), 'utf8');
const mark = await readFile(path.join(folder, 'favicon.svg'), 'utf8');

/** Launchers crop maskable icons to their centre. The other icons have rounded corners and fill the whole square. */
const maskable = tile;
const full = tile.replace('viewBox="0 0 48 48"', 'viewBox="8 8 32 32"');
const icons = [
  { file: 'icon-192.png', size: 192, radius: '22%', svg: full },
  { file: 'icon-512.png', size: 512, radius: '22%', svg: full },
  { file: 'icon-maskable-512.png', size: 512, radius: '0', svg: maskable },
  { file: 'apple-touch-icon.png', size: 180, radius: '0', svg: full },
];

const card = `
  <style>
    body { margin: 0; width: 1200px; height: 630px; background: #0a0c11; color: #f3f4f7; display: flex; gap: 72px;
      align-items: center; justify-content: center; font-family: system-ui, 'Liberation Sans', sans-serif; }
    svg { width: 300px; height: 300px; }
    h1 { margin: 0 0 20px; font-size: 104px; line-height: 1; letter-spacing: -0.03em; }
    p { margin: 0; font-size: 42px; line-height: 1.3; color: #b4bac6; max-width: 600px; }
  </style>
  ${mark}
  <div><h1>Passerby</h1><p>Meet someone you would have walked past.</p></div>`;

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium' });
const page = await browser.newPage({ colorScheme: 'dark' });
for (const { file, size, radius, svg } of icons) {
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(
    `<style>body{margin:0}svg{display:block;width:${size}px;height:${size}px;border-radius:${radius}}</style>${svg}`,
  );
  await page.screenshot({ path: path.join(folder, file), omitBackground: true });
}
await page.setViewportSize({ width: 1200, height: 630 });
await page.setContent(card);
await page.screenshot({ path: path.join(folder, 'card.png') });
await browser.close();
