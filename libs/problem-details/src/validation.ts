import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validateSync, type ValidationError } from 'class-validator';
import { type FieldError, Problem } from './problem.js';
import { problemTypes } from './problem-types.js';

/** At most this many places are listed; a body that is wrong everywhere needs no longer answer. */
const errorsAtMost = 50;

/**
 * Turns a parsed JSON body into an instance of its DTO, or says every place that is wrong.
 * Unknown properties are refused. Neither a value nor an unknown property's name is repeated: both are the caller's text.
 * @throws Problem `validation-failed` with `errors: [{pointer, detail}]`
 */
export function validateDto<T extends object>(dto: new () => T, body: unknown): T {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new Problem(problemTypes.validationFailed, {
      errors: [{ pointer: '', detail: 'must be a JSON object' }],
    });
  }
  const instance = plainToInstance(dto, body);
  const errors = validateSync(instance, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    stopAtFirstError: true,
    validationError: { target: true, value: false },
  });
  if (errors.length > 0) {
    throw new Problem(problemTypes.validationFailed, {
      errors: errors.flatMap((error) => fieldErrors(error, '')).slice(0, errorsAtMost),
    });
  }
  return instance;
}

function fieldErrors(error: ValidationError, parent: string): FieldError[] {
  const { whitelistValidation, ...constraints } = error.constraints ?? {};
  if (whitelistValidation !== undefined) return [{ pointer: parent, detail: unknownProperty(error) }];
  const pointer = `${parent}/${error.property}`;
  return [
    ...Object.values(constraints).map((detail) => ({ pointer, detail })),
    ...(error.children ?? []).flatMap((child) => fieldErrors(child, pointer)),
  ];
}

function unknownProperty(error: ValidationError): string {
  const target = error.target as object;
  const position = Object.keys(target).indexOf(error.property) + 1;
  const known = getMetadataStorage().getTargetValidationMetadatas(target.constructor, '', false, false);
  const names = [...new Set(known.map((metadata) => metadata.propertyName))].sort();
  return `property ${position} of this object is not known; known are: ${names.join(', ')}`;
}
