import { Inject, Injectable } from '@nestjs/common';
import { Validate, ValidatorConstraint, type ValidatorConstraintInterface } from 'class-validator';

/** The closed list of record types of this deployment. */
export abstract class RecordTypes {
  abstract has(type: string): boolean;
}

@Injectable()
@ValidatorConstraint({ name: 'isRecordType' })
export class RecordTypeConstraint implements ValidatorConstraintInterface {
  constructor(@Inject(RecordTypes) private readonly types: RecordTypes) {}

  validate(value: unknown): boolean {
    return typeof value === 'string' && this.types.has(value);
  }

  defaultMessage(): string {
    return 'must be a FHIR R4 resource type or a record type of this deployment';
  }
}

export const IsRecordType = (): PropertyDecorator => Validate(RecordTypeConstraint);
