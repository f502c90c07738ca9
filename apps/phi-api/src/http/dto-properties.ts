import { applyDecorators } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { Holds } from '@app/problem-details';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateBy,
  ValidateNested,
} from 'class-validator';

/**
 * DTO properties: one decorator says the same thing to the validator and to OpenAPI. All are optional unless
 * `required`; JSON `null` counts as absent, so that a merge patch (RFC 7396) has the shape of the document.
 * Filters in a query have no example: Swagger UI would send it.
 */
interface PropertyOptions {
  about: string;
  required?: boolean;
}

const presence = (required: boolean | undefined) => (required === true ? [] : [IsOptional()]);
const property = (options: PropertyOptions, schema: ApiPropertyOptions) =>
  ApiProperty({
    description: options.about,
    required: options.required === true,
    ...schema,
  } as ApiPropertyOptions);

export function Text(
  options: PropertyOptions & { max: number; example?: string; pattern?: RegExp; expects?: string },
) {
  const { max, pattern, expects } = options;
  const schema = {
    type: 'string',
    minLength: 1,
    maxLength: max,
    ...exampleOf(options),
    ...(pattern ? { pattern: pattern.source } : {}),
  };
  return applyDecorators(
    ...presence(options.required),
    IsString({ message: 'must be a string' }),
    MinLength(1, { message: 'must not be empty' }),
    MaxLength(max, { message: `must have at most ${max} characters` }),
    ...(pattern ? [Matches(pattern, { message: `must be ${expects ?? 'of the form in the schema'}` })] : []),
    property(options, schema as ApiPropertyOptions),
  );
}

export function TextList(
  options: PropertyOptions & { max: number; items: number; least?: number; example: string[] },
) {
  const { max, items, least = 0, example } = options;
  return applyDecorators(
    ...presence(options.required),
    IsArray({ message: 'must be an array' }),
    ArrayMinSize(least, { message: `must have at least ${least} entries` }),
    ArrayMaxSize(items, { message: `must have at most ${items} entries` }),
    IsString({ each: true, message: 'must hold strings alone' }),
    MaxLength(max, { each: true, message: `must hold strings of at most ${max} characters` }),
    property(options, {
      type: 'array',
      items: { type: 'string', maxLength: max },
      ...(least > 0 ? { minItems: least } : {}),
      maxItems: items,
      example,
    } as ApiPropertyOptions),
  );
}

const exampleOf = ({ example }: { example?: string }) => (example === undefined ? {} : { example });

export function Choice(choices: readonly string[], options: PropertyOptions & { example?: string }) {
  return applyDecorators(
    ...presence(options.required),
    IsIn([...choices], { message: `must be one of ${choices.join(', ')}` }),
    property(options, { type: 'string', enum: [...choices], ...exampleOf(options) }),
  );
}

export function Flag(options: PropertyOptions & { example: boolean }) {
  return applyDecorators(
    ...presence(options.required),
    IsBoolean({ message: 'must be true or false' }),
    property(options, { type: 'boolean', example: options.example }),
  );
}

export function Whole(
  options: PropertyOptions & { from: number; to: number; example: number; fromText?: boolean },
) {
  const { from, to, example, fromText } = options;
  const message = `must be a whole number from ${from} to ${to}`;
  return applyDecorators(
    ...presence(options.required),
    ...(fromText === true ? [Holds(() => Number)] : []),
    IsInt({ message }),
    Min(from, { message }),
    Max(to, { message }),
    property(options, { type: 'integer', minimum: from, maximum: to, example }),
  );
}

/** Nest's OpenAPI takes a function for a class that is yet to come only if its name is `type`. */
const later = (of: () => new () => object) => ({ type: () => of() }).type;

export function Nested(type: () => new () => object, options: PropertyOptions) {
  return applyDecorators(
    ...presence(options.required),
    Holds(type),
    IsObject({ message: 'must be an object' }),
    ValidateNested({ message: 'must be an object' }),
    property(options, { type: later(type) }),
  );
}

export function NestedList(
  type: () => new () => object,
  options: PropertyOptions & { items: number; least?: number },
) {
  return applyDecorators(
    ...presence(options.required),
    IsArray({ message: 'must be an array' }),
    ArrayMinSize(options.least ?? 0, { message: `must have at least ${options.least ?? 0} entries` }),
    ArrayMaxSize(options.items, { message: `must have at most ${options.items} entries` }),
    Holds(type, options.items),
    ValidateNested({ each: true, message: 'must hold objects alone' }),
    property(options, {
      type: later(type),
      isArray: true,
      maxItems: options.items,
      minItems: options.least ?? 0,
    }),
  );
}

const day = '(0[1-9]|[12]\\d|3[01])';
const month = '(0[1-9]|1[0-2])';
const time = 'T([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,9})?(Z|[+-](0\\d|1[0-4]):[0-5]\\d)';

/** FHIR R4 `date`: a year, a month or a day. */
const fhirDate = new RegExp(`^[12]\\d{3}(-${month}(-${day})?)?$`);
/** FHIR R4 `dateTime`: a date, or a moment with its offset from UTC. */
const fhirDateTime = new RegExp(`^[12]\\d{3}(-${month}(-${day}(${time})?)?)?$`);
/** FHIR R4 `instant`: a moment with its offset from UTC. */
const fhirInstant = new RegExp(`^[12]\\d{3}-${month}-${day}${time}$`);

/** @returns whether the day, if there is one, is in the calendar: the patterns let 30 February through */
function isInCalendar(value: unknown): boolean {
  const day = typeof value === 'string' ? /^\d{4}-\d{2}-\d{2}/.exec(value)?.[0] : undefined;
  if (day === undefined) return true;
  const moment = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(day);
}

const InCalendar = () =>
  ValidateBy(
    { name: 'isInCalendar', validator: { validate: isInCalendar } },
    { message: 'must be a day of the calendar' },
  );

/** A whole day, or a moment with its offset from UTC. */
const dayOrInstant = new RegExp(`^[12]\\d{3}-${month}-${day}(${time})?$`);

interface DateOptions extends PropertyOptions {
  example?: string;
}
const dateText = (options: DateOptions, max: number, pattern: RegExp, expects: string) =>
  applyDecorators(InCalendar(), Text({ ...options, max, pattern, expects }));

export const DateText = (options: DateOptions) =>
  dateText(options, 10, fhirDate, 'a date: YYYY, YYYY-MM or YYYY-MM-DD');
export const DateTimeText = (options: DateOptions) =>
  dateText(options, 40, fhirDateTime, 'a date, or a date and time with an offset (FHIR dateTime)');
export const InstantText = (options: DateOptions) =>
  dateText(options, 40, fhirInstant, 'a date and time with an offset (FHIR instant)');
export const DayOrInstantText = (options: DateOptions) =>
  dateText(options, 40, dayOrInstant, 'a day, YYYY-MM-DD, or a date and time with an offset');
