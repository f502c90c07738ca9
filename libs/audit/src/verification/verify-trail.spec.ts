import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { auditKeys } from '../audit-item.js';
import { readEvents, TrailUnderAttack } from './spec-support.js';

describe('a trail that nobody touched', () => {
  let attack: TrailUnderAttack;
  beforeEach(() => {
    attack = new TrailUnderAttack();
  });
  afterEach(() => attack.close());

  it('is intact: closed, open and empty chains, sealed and unsealed events', async () => {
    await attack.closedChain([3, 1, 700]);
    const open = attack.trail();
    await open.append(readEvents(5));
    await open.seal();
    await open.append(readEvents(2));
    const report = await attack.verify();
    expect(report).toMatchObject({
      outcome: 'intact',
      findings: [],
      notices: [],
      events: { sealed: 709, unsealed: 2, expired: 0 },
      chains: { open: 1, closed: 1, abandoned: 0 },
    });
    await open.close();
    expect(await attack.verify()).toMatchObject({ outcome: 'intact', events: { sealed: 711, unsealed: 0 } });
  });

  it('is intact when it is empty', async () => {
    expect(await attack.verify()).toMatchObject({ outcome: 'intact', checkpoints: { verified: 0 } });
  });

  it('is intact when an instance was killed, before and after another one seals what it left', async () => {
    let now = Date.parse('2026-01-01T00:00:00Z');
    const clock = () => now;
    const killed = attack.trail({ clock, monotonic: clock });
    await killed.append(readEvents(3));
    await killed.seal();
    await killed.append(readEvents(2));
    now += 3_600_000;
    const before = await attack.verify({ clock });
    expect(before).toMatchObject({ outcome: 'intact', events: { sealed: 3, unsealed: 2 } });
    expect(before.notices).toEqual([
      `chain ${killed.chain} was left by a process that did not close it; the next start of the service seals what it left`,
    ]);

    await attack.trail({ clock, monotonic: clock }).sealLeftovers();
    const after = await attack.verify({ clock });
    // With the event that says that the chain ended.
    expect(after).toMatchObject({ outcome: 'intact', notices: [], events: { sealed: 6, unsealed: 0 } });
    expect(after.chains).toEqual({ open: 0, closed: 0, abandoned: 1 });
  });

  it('is walked from a moment on', async () => {
    let now = Date.parse('2026-01-01T00:00:00Z');
    await attack.closedChain([4, 4], { clock: () => now });
    now = Date.parse('2026-02-01T00:00:00Z');
    const late = await attack.closedChain([3], { clock: () => now });
    const since = new Date('2026-01-15T00:00:00Z');
    expect(await attack.verify({ since })).toMatchObject({
      outcome: 'intact',
      events: { sealed: 3 },
      checkpoints: { first: 5 },
    });
    await attack.remove(auditKeys.event(late, 2));
    expect(await attack.findings({ since })).toMatchObject([{ kind: 'event-removed', sequence: 2 }]);
  });
});
