/**
 * The cause of a refusal that repeats one of the same window. That one is in the trail, and an event for each of a flood would turn the
 * flood against the trail: these are counted (metric `UnrecordedRefusals`).
 */
export class FurtherRefusal extends Error {
  override readonly name = 'FurtherRefusal';
  constructor() {
    super('the limit had been reached before');
  }
}
