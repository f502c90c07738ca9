import { AwsException, validationError } from './aws-exception.js';
import type { JsonObject } from './aws-endpoint.js';

/** Reads one field of a request. @throws AwsException */
type Field<T> = (value: unknown, name: string) => T;
type Fields = Record<string, Field<unknown>>;
type Read<F extends Fields> = { [K in keyof F]: ReturnType<F[K]> };

const isGiven = (value: unknown) => value !== undefined && value !== null;

/**
 * Reads the fields of an operation. Beyond what AWS does, which passes over fields that it does not know, those are refused:
 * what a caller sends for nothing is a mistake.
 */
export function readFields<F extends Fields>(fields: F, input: JsonObject): Read<F> {
  const unknown = Object.keys(input).find((name) => !(name in fields));
  if (unknown !== undefined) throw new AwsException('ValidationException', `Unknown field: ${unknown}`);
  return Object.fromEntries(
    Object.entries(fields).map(([name, read]) => [name, read(input[name], name)]),
  ) as Read<F>;
}

/** An operation: its fields, and what it does with them. */
export type Operation = (input: JsonObject) => JsonObject;
export type Operations = Readonly<Record<string, Operation>>;

export function operation<F extends Fields>(fields: F, run: (input: Read<F>) => JsonObject): Operation {
  return (input) => run(readFields(fields, input));
}

export function optional<T>(field: Field<T>): Field<T | undefined> {
  return (value, name) => (isGiven(value) ? field(value, name) : undefined);
}

function required(value: unknown, name: string): void {
  if (!isGiven(value)) throw validationError(name, 'Member must not be null');
}

function checkLength(length: number, name: string, least: number, most: number): void {
  if (length < least)
    throw validationError(name, `Member must have length greater than or equal to ${least}`);
  if (length > most) throw validationError(name, `Member must have length less than or equal to ${most}`);
}

const serialization = () => new AwsException('SerializationException');

export function text(least: number, most: number, pattern = /^/): Field<string> {
  return (value, name) => {
    required(value, name);
    if (typeof value !== 'string') throw serialization();
    checkLength(value.length, name, least, most);
    if (!pattern.test(value))
      throw validationError(name, `Member must satisfy regular expression pattern: ${pattern.source}`);
    return value;
  };
}

export function oneOf<const T extends string>(...choices: T[]): Field<T> {
  return (value, name) => {
    required(value, name);
    if (typeof value !== 'string') throw serialization();
    const choice = choices.find((one) => one === value);
    if (choice === undefined)
      throw validationError(name, `Member must satisfy enum value set: [${choices.join(', ')}]`);
    return choice;
  };
}

export function wholeNumber(from: number, to: number): Field<number> {
  return (value, name) => {
    required(value, name);
    if (typeof value !== 'number' || !Number.isInteger(value)) throw serialization();
    if (value < from) throw validationError(name, `Member must have value greater than or equal to ${from}`);
    if (value > to) throw validationError(name, `Member must have value less than or equal to ${to}`);
    return value;
  };
}

export const flag: Field<boolean> = (value, name) => {
  required(value, name);
  if (typeof value !== 'boolean') throw serialization();
  return value;
};

/** Base64 of bytes. */
export function blob(least: number, most: number): Field<Buffer> {
  return (value, name) => {
    required(value, name);
    if (typeof value !== 'string') throw serialization();
    const bytes = Buffer.from(value, 'base64');
    if (bytes.toString('base64') !== value) throw serialization();
    checkLength(bytes.length, name, least, most);
    return bytes;
  };
}

export function listOf<T>(field: Field<T>, least: number, most: number): Field<T[]> {
  return (value, name) => {
    required(value, name);
    if (!Array.isArray(value)) throw serialization();
    checkLength(value.length, name, least, most);
    return value.map((one: unknown) => field(one, name));
  };
}

export function structure<F extends Fields>(fields: F): Field<Read<F>> {
  return (value, name) => {
    required(value, name);
    if (typeof value !== 'object' || Array.isArray(value)) throw serialization();
    return readFields(fields, value as JsonObject);
  };
}

/** Names and texts. */
export const textMap: Field<Record<string, string>> = (value, name) => {
  required(value, name);
  if (typeof value !== 'object' || Array.isArray(value)) throw serialization();
  for (const one of Object.values(value as object)) if (typeof one !== 'string') throw serialization();
  return value as Record<string, string>;
};
