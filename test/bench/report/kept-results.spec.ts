import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { benchmarksPage } from './benchmarks-page.js';
import { pageFile, readKept } from './kept-results.js';

describe('docs/benchmarks.md', () => {
  it('is what the kept results make', () => {
    expect(readFileSync(pageFile, 'utf8')).toBe(benchmarksPage(readKept()));
  });

  it('says of each suite when and on what it was measured', () => {
    const kept = readKept();
    expect(kept.length).toBeGreaterThan(0);
    for (const { title, conditions } of kept) {
      const section = benchmarksPage(kept).split(`\n## ${title}\n`)[1];
      expect(section).toContain(
        `${conditions.date.slice(0, 16).replace('T', ' ')} UTC, commit ${conditions.commit}`,
      );
    }
  });
});
