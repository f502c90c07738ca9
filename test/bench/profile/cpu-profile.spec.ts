import { describe, expect, it } from '@jest/globals';
import { type CpuProfile, ownerOf, sharesOf } from './cpu-profile.js';

const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 0 });
const lib = 'file:///app/dist/libs/encryption/src/record-cipher.js';

/** decrypt calls a native function; three samples of 100 us, one of them idle. */
const profile: CpuProfile = {
  startTime: 1000,
  nodes: [
    { id: 1, callFrame: frame('(root)', ''), children: [2, 4] },
    { id: 2, callFrame: frame('decrypt', lib), children: [3] },
    { id: 3, callFrame: frame('update', '') },
    { id: 4, callFrame: frame('(idle)', '') },
  ],
  samples: [2, 3, 4],
  timeDeltas: [100, 100, 100],
};

describe('shares of a processor profile', () => {
  it('count what is not idle, self and with what was called', () => {
    const shares = sharesOf(profile, 0, 10_000);
    const decrypt = shares.find(({ name }) => name.startsWith('decrypt'));
    expect(decrypt).toMatchObject({ owner: 'libs/encryption', self: 0.5, total: 1 });
  });

  it('lay native functions at the door of their callers', () => {
    const native = sharesOf(profile, 0, 10_000).find(({ name }) => name === 'update (native)');
    expect(native).toMatchObject({ owner: 'libs/encryption', self: 0.5 });
  });

  it('leave out what lies outside of the load', () => {
    const shares = sharesOf(profile, 1150, 10_000);
    expect(shares.filter(({ self }) => self > 0).map(({ name }) => name)).toEqual(['update (native)']);
  });
});

describe('the owner of a file', () => {
  it.each([
    ['file:///app/node_modules/fastify/lib/reply.js', 'fastify'],
    ['file:///app/node_modules/@nestjs/core/router/router.js', '@nestjs/core'],
    ['file:///app/node_modules/a/node_modules/b/index.js', 'b'],
    ['file:///app/dist/libs/phi-table/src/lmdb-keys.js', 'libs/phi-table'],
    ['file:///app/dist/apps/phi-api/src/http/input.js', 'phi-api/http'],
    ['file:///app/dist/apps/phi-api/src/main.js', 'phi-api'],
    ['node:internal/crypto/hash', 'node:internal/crypto'],
  ])('of %s is %s', (url, owner) => {
    expect(ownerOf(url)).toBe(owner);
  });
});
