/**
 * A stored row is not what was written there. It names the patient whose row it is, for the alarm in the trail: the
 * path of a search or a list names none.
 */
export class IntegrityBreach extends Error {
  override readonly name = 'IntegrityBreach';
  constructor(
    readonly patientId: string,
    cause?: unknown,
  ) {
    super('a stored row is not what was written there', cause === undefined ? undefined : { cause });
  }
}
