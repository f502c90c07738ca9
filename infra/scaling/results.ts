import { assumed, built, largest, sizes } from './design.js';
import { type Fleet, fleetOf, type HitRate, hitRateOf, loadOf } from './hit-rates.js';
import { type Sealing, sealingOf } from './sealing.js';
import { type Storm, stormOf } from './storm.js';

export interface Results {
  /** Of each size, as it is built. */
  bySize: HitRate[];
  /** Of the largest: what a longer life of keys, more room and another routing bring. */
  byDesign: HitRate[];
  sealing: Sealing[];
  storms: Storm[];
}

/** Room for the keys of everybody who is taken up within their life. */
const roomyEntries = 100_000;
const lifetimes = [60, built.keyTtlSeconds, 900, 3600];
const fleets = [10, 30, 100, 150];
const sealIntervals = [built.sealSeconds, 15, 60];

/** Everything that is simulated, the same each time. */
export function simulate(): Results {
  const load = loadOf(largest);
  const asBuilt = fleetOf(largest);
  /** The better the caches, the more is lost with them. */
  const roomy: Fleet = { ...asBuilt, entries: roomyEntries, routing: 'kept' };
  const designs: Fleet[] = [
    ...lifetimes.map((ttlSeconds) => ({ ...asBuilt, ttlSeconds })),
    ...lifetimes.map((ttlSeconds) => ({ ...asBuilt, ttlSeconds, entries: roomyEntries })),
    ...lifetimes.map((ttlSeconds) => ({
      ...asBuilt,
      ttlSeconds,
      entries: 100_000,
      routing: 'kept' as const,
    })),
  ];
  const attempt = assumed.sealMilliseconds.value / 1000;
  return {
    bySize: sizes.map((size) => hitRateOf(loadOf(size), fleetOf(size))),
    byDesign: designs.map((fleet) => hitRateOf(load, fleet)),
    sealing: sealIntervals.flatMap((seconds) =>
      fleets.map((instances) => sealingOf(instances, seconds, attempt)),
    ),
    storms: [stormOf(load, roomy, 'together'), stormOf(load, roomy, 'rolling')],
  };
}
