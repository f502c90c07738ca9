import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decide, type Decision, type Happening, type Subject } from './alert-decision.js';

const HOUR = 3_600_000;
const at = (hours: number) => Date.UTC(2026, 10, 3) + hours * HOUR;
const happening = (
  change: Happening['change'],
  hours: number,
  eventId = `${change}-${hours}`,
): Happening => ({
  eventId,
  subject: 's',
  change,
  at: at(hours),
  repeatAfterMs: change === 'resolved' ? 0 : 24 * HOUR,
});

/** Plays events, each of which reaches the topic when it has to. */
class Player {
  subject: Subject | undefined;
  readonly outcomes: Decision['outcome'][] = [];

  play(one: Happening, wasHeardOf = true): Decision {
    const decision = decide(this.subject, one, wasHeardOf);
    if (decision.next !== undefined) this.subject = { ...decision.next, revision: 1 };
    this.outcomes.push(decision.outcome);
    return decision;
  }
}

const played = (...all: Happening[]) => {
  const player = new Player();
  for (const one of all) player.play(one);
  return player;
};

describe('a violation and its recovery', () => {
  it('are told, the recovery with when the violation began', () => {
    const player = played(happening('opened', 0));
    expect(player.play(happening('resolved', 5))).toMatchObject({ outcome: 'tell', openedAt: at(0) });
  });

  it('are told again each time', () => {
    const player = played(
      happening('opened', 0),
      happening('resolved', 1),
      happening('opened', 2),
      happening('resolved', 3),
    );
    expect(player.outcomes).toEqual(['tell', 'tell', 'tell', 'tell']);
  });

  it('are not told when nobody heard of the violation', () => {
    const player = new Player();
    player.play(happening('opened', 0));
    expect(player.play(happening('resolved', 1), false).outcome).toBe('untold');
    expect(played(happening('resolved', 1)).outcomes).toEqual(['untold']);
  });

  it('that come in the wrong order leave nothing open', () => {
    const player = played(happening('resolved', 1), happening('opened', 0));
    expect(player.outcomes).toEqual(['untold', 'outdated']);
    expect(player.subject?.state).toBe('resolved');
  });

  it('that is reported again while it is open is told once a day, and began at first', () => {
    const player = played(happening('opened', 0), happening('opened', 5), happening('opened', 25));
    expect(player.outcomes).toEqual(['tell', 'untold', 'tell']);
    expect(player.play(happening('resolved', 30))).toMatchObject({ openedAt: at(0) });
  });
});

describe('a violation that could not be told', () => {
  it('is told when it is reported again, however soon', () => {
    const player = played(happening('opened', 0));
    expect(player.play(happening('opened', 1), false).outcome).toBe('tell');
  });
});

describe('a threat', () => {
  it('that goes on is told once in its time', () => {
    const player = played(happening('once', 0), happening('once', 1), happening('once', 24));
    expect(player.outcomes).toEqual(['tell', 'repeated', 'tell']);
  });

  it('that arrives late is told if nothing like it was told near its time', () => {
    expect(played(happening('once', 30), happening('once', 1)).outcomes).toEqual(['tell', 'tell']);
    expect(played(happening('once', 30), happening('once', 29)).outcomes).toEqual(['tell', 'repeated']);
  });
});

describe('whatever comes, in whatever order', () => {
  const events = fc.array(
    fc.record({
      change: fc.constantFrom<Happening['change']>('opened', 'resolved'),
      hours: fc.integer({ min: 0, max: 60 }),
    }),
    { minLength: 1, maxLength: 12 },
  );
  const happenings = events.map((all) =>
    all.map(({ change, hours }, index) => happening(change, hours, `event-${index}`)),
  );

  it('the newest event decides the state', () => {
    fc.assert(
      fc.property(happenings, (all) => {
        const player = played(...all);
        const newest = Math.max(...all.map((one) => one.at));
        const decisive = all.filter((one) => one.at === newest).map(({ change }) => change);
        expect(decisive.map((change) => (change === 'opened' ? 'open' : 'resolved'))).toContain(
          player.subject?.state,
        );
      }),
    );
  });

  it('no recovery is told without a violation before it', () => {
    fc.assert(
      fc.property(happenings, (all) => {
        const player = new Player();
        let open = 0;
        for (const one of all) {
          const isTold = player.play(one).outcome === 'tell';
          if (isTold && one.change === 'opened') open = 1;
          if (isTold && one.change === 'resolved') open -= 1;
          expect(open).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it('an event that comes again takes the same decision', () => {
    fc.assert(
      fc.property(happenings, (all) => {
        const player = new Player();
        for (const one of all) {
          const first = player.play(one);
          if (first.next === undefined) continue;
          expect(decide(player.subject, one, true)).toEqual(first);
        }
      }),
    );
  });
});
