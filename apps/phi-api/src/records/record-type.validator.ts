import { ValidateBy } from 'class-validator';

let permitted: ReadonlySet<string> = new Set();

/** @param types the closed list of record types of this deployment; decorators cannot be given it otherwise */
export function permitRecordTypes(types: ReadonlySet<string>): void {
  permitted = types;
}

export const IsRecordType = (): PropertyDecorator =>
  ValidateBy(
    { name: 'isRecordType', validator: { validate: (value: unknown) => permitted.has(value as string) } },
    { message: 'must be a FHIR R4 resource type or a record type of this deployment' },
  );
