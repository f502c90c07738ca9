import { describe, expect, it } from '@jest/globals';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsObject,
  IsOptional,
  IsString,
  MaxLength,
  ValidateNested,
  validateSync,
} from 'class-validator';
import fc from 'fast-check';
import { Problem } from './problem.js';
import { Holds, validateDto } from './validation.js';

class Inner {
  @IsString({ message: 'must be a string' })
  @MaxLength(3, { message: 'must have at most 3 characters' })
  code!: string;
}

class Outer {
  @IsOptional()
  @IsIn(['a', 'b'], { message: 'must be a or b' })
  choice?: string;
  @IsOptional()
  @IsArray({ message: 'must be an array' })
  @ArrayMaxSize(2, { message: 'must have at most 2 entries' })
  @IsString({ each: true, message: 'must hold strings alone' })
  words?: string[];
  @IsOptional()
  @Holds(() => Inner)
  @IsObject({ message: 'must be an object' })
  @ValidateNested({ message: 'must be an object' })
  inner?: Inner;
  @IsArray({ message: 'must be an array' })
  @ArrayMaxSize(2, { message: 'must have at most 2 entries' })
  @Holds(() => Inner, 2)
  @ValidateNested({ each: true, message: 'must hold objects alone' })
  list!: Inner[];
}

/** @returns the places that are wrong */
function pointersOf(body: unknown): string[] {
  try {
    validateDto(Outer, body);
    return [];
  } catch (error) {
    if (!(error instanceof Problem) || error.errors === undefined) throw error;
    return error.errors.map(({ pointer }) => pointer).sort();
  }
}

/** The same by class-validator itself. */
function oraclePointersOf(body: Record<string, unknown>): string[] {
  const inner = (value: unknown) => (isObject(value) ? Object.assign(new Inner(), value) : value);
  const { inner: one, list } = body;
  const held = { ...body, inner: inner(one), list: Array.isArray(list) ? list.map(inner) : list };
  const errors = validateSync(Object.assign(new Outer(), held), { stopAtFirstError: true });
  const pointers = (found: typeof errors, parent: string): string[] =>
    found.flatMap(({ property, constraints, children }) => [
      ...(constraints === undefined ? [] : [`${parent}/${property}`]),
      ...pointers(children ?? [], `${parent}/${property}`),
    ]);
  return pointers(errors, '').sort();
}

const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);

describe('validateDto', () => {
  const scalar = fc.oneof(fc.string({ maxLength: 5 }), fc.integer(), fc.constant(null), fc.boolean());
  const innerBody = fc.oneof(fc.record({ code: scalar }), fc.constant({}), scalar);
  const body = fc.record(
    {
      choice: fc.oneof(fc.constantFrom('a', 'b'), scalar),
      words: fc.oneof(fc.array(scalar, { maxLength: 3 }), scalar),
      inner: innerBody,
      list: fc.oneof(fc.array(innerBody, { maxLength: 3 }), scalar),
    },
    { requiredKeys: [] },
  );

  it('finds wrong just what class-validator finds wrong', () => {
    fc.assert(
      fc.property(body, (given) => {
        expect(pointersOf(given)).toEqual(oraclePointersOf(given));
      }),
      { numRuns: 3000 },
    );
  });

  it('keeps an instance of each DTO that it was told of', () => {
    const found = validateDto(Outer, { inner: { code: 'x' }, list: [{ code: 'y' }] });
    expect(found).toBeInstanceOf(Outer);
    expect(found.inner).toBeInstanceOf(Inner);
    expect(found.list[0]).toBeInstanceOf(Inner);
  });

  it('names an unknown property by its place and repeats nothing of it', () => {
    const wrong = () => validateDto(Outer, { list: [], marked: 'value' });
    expect(wrong).toThrow(Problem);
    try {
      wrong();
    } catch (error) {
      expect(JSON.stringify((error as Problem).errors)).not.toMatch(/marked|value/);
      expect((error as Problem).errors?.[0]).toMatchObject({ pointer: '' });
    }
  });

  it.each([[null], [[]], ['text'], [7]])('refuses %j as a body', (body) => {
    expect(pointersOf(body)).toEqual(['']);
  });

  it('looks at no more of an array than it may have', () => {
    const million = Array.from({ length: 1_000_000 }, () => ({}));
    let looked = false;
    Object.defineProperty(million, 999_999, { get: () => (looked = true) });
    expect(pointersOf({ list: million })).toEqual(['/list']);
    expect(looked).toBe(false);
  });
});
