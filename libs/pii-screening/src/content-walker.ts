import { Problem, problemTypes, type FieldError } from '@app/problem-details';
import { decodeText, recognizeBase64, screenedBase64 } from './base64-text.js';
import { type Exemption, type Holder, exemptionOf, isOpaqueByForm, isPlainObject } from './fhir-content.js';
import { contextOf } from './naming-context.js';
import { pointerSegment } from './pointers.js';
import { type ScreenedString, screenedName, screenedString } from './screened-string.js';
import { type ScreeningMark, markOf } from './screening-marks.js';

/** Deeper JSON is no clinical record, and would exhaust the stack. */
export const deepestLevel = 100;
const shortestNumberDigits = 9;
/** Digits and what parts them: such a value means what the names around it say. */
const numberLike = /^[\s\d().+\-/#x_*,]{7,40}$/i;

/** One string of a request that has to be read. */
export interface Piece {
  readonly screened: ScreenedString;
  readonly pointer: string;
  readonly exempt: Exemption | undefined;
  /** Puts the rewritten string back; absent for property names, which can not be rewritten. */
  readonly assign: ((rewritten: string) => void) | undefined;
}

interface Place {
  readonly pointer: string;
  /** Name of the property the value stands under, passed on by arrays. */
  readonly name: string;
  readonly holder: Holder;
  readonly mark: ScreeningMark;
  readonly level: number;
  readonly assign: (rewritten: string) => void;
}

/**
 * Collects every string of a validated DTO (nested DTOs, arrays and JSON content included) that has to be screened.
 * @throws Problem `validation-failed` for attachments that are not text, and for JSON that is nested too deeply
 */
export function collectPieces(dto: object): Piece[] {
  const walker = new ContentWalker();
  walker.walkObject(dto, '', '', 0);
  if (walker.refused.length > 0) throw new Problem(problemTypes.validationFailed, { errors: walker.refused });
  return walker.pieces;
}

class ContentWalker {
  readonly pieces: Piece[] = [];
  readonly refused: FieldError[] = [];

  walkObject(object: object, pointer: string, name: string, level: number): void {
    if (level > deepestLevel) {
      throw new Problem(problemTypes.validationFailed, {
        errors: [{ pointer, detail: 'JSON is nested too deeply here.' }],
      });
    }
    const properties = object as Record<string, unknown>;
    const holder: Holder = { object: properties, name };
    const prototype: unknown = Object.getPrototypeOf(object);
    const isDto = prototype !== Object.prototype && prototype !== null;
    for (const property of Object.keys(properties)) {
      const value = properties[property];
      // Names of a DTO are ours; in JSON they are the client's and can hold anything.
      if (!isDto) this.readName(property, pointer);
      if (value === undefined || value === null || typeof value === 'boolean') continue;
      this.walk(value, {
        pointer: `${pointer}/${pointerSegment(property)}`,
        name: property,
        holder,
        mark: isDto ? markOf(object, property) : 'content',
        level: level + 1,
        assign: (rewritten) => (properties[property] = rewritten),
      });
    }
  }

  private walk(value: unknown, place: Place): void {
    if (typeof value === 'string') this.readString(value, place);
    else if (typeof value === 'number') this.readNumber(value, place);
    else if (Array.isArray(value)) this.walkArray(value, place);
    else if (typeof value === 'object' && value !== null && !(value instanceof Date)) {
      this.walkObject(value, place.pointer, place.name, place.level);
    }
  }

  private walkArray(items: unknown[], place: Place): void {
    if (place.level > deepestLevel) this.walkObject(items, place.pointer, place.name, place.level);
    for (let index = 0; index < items.length; index++) {
      const assign = (rewritten: string) => (items[index] = rewritten);
      this.walk(items[index], {
        ...place,
        pointer: `${place.pointer}/${index}`,
        level: place.level + 1,
        assign,
      });
    }
  }

  private readString(value: string, place: Place): void {
    if (value === '') return;
    if (place.mark === 'text') return this.add(screenedString(value), place);
    if (isAttachmentData(place)) return this.readAttachment(value, place);
    if (isOpaqueByForm(value)) return;
    const exempt = exemptionOf(place.holder, place.name, value);
    if (exempt?.has('US_SOCIAL_SECURITY_NUMBER')) return;
    const encoded = recognizeBase64(value);
    if (encoded === 'file' && !isSignature(place))
      return this.refuse(place, 'Encoded files are not accepted here.');
    if (encoded !== undefined && encoded !== 'file') this.add(screenedBase64(encoded.text), place);
    const context = numberLike.test(value) ? contextOf(place.holder, place.name) : '';
    this.add(screenedString(value, context), place, exempt);
  }

  /** JSON numbers can be identifiers as well: `{"ssn": 123456789}`. */
  private readNumber(value: number, place: Place): void {
    if (!Number.isInteger(value)) return;
    const digits = String(Math.abs(value));
    if (digits.length < shortestNumberDigits || digits.includes('e')) return;
    this.add(screenedString(digits, contextOf(place.holder, place.name)), place);
  }

  private readAttachment(value: string, place: Place): void {
    const contentType = String(place.holder.object['contentType']);
    if (!/^\s*text\//i.test(contentType))
      return this.refuse(place, 'Only attachments of type text/* are accepted.');
    const text = decodeText(value);
    if (text === undefined) return this.refuse(place, 'A text attachment must be base64 of UTF-8 text.');
    const attachment = place.holder.object as Record<string, unknown>;
    this.add(screenedBase64(text), {
      ...place,
      assign: (rewritten) => {
        place.assign(rewritten);
        // They described the text as it was.
        if ('size' in attachment) attachment['size'] = Buffer.byteLength(rewritten, 'base64');
        delete attachment['hash'];
      },
    });
  }

  private readName(property: string, pointer: string): void {
    if (!/[\d@]|\W|_at_/.test(property)) return;
    this.pieces.push({ screened: screenedName(property), pointer, exempt: undefined, assign: undefined });
  }

  private add(screened: ScreenedString, place: Place, exempt?: Exemption): void {
    this.pieces.push({ screened, pointer: place.pointer, exempt, assign: place.assign });
  }

  private refuse(place: Place, detail: string): void {
    this.refused.push({ pointer: place.pointer, detail });
  }
}

function isAttachmentData({ name, holder }: Place): boolean {
  return name === 'data' && typeof holder.object['contentType'] === 'string';
}

/** A FHIR Signature: its data is a signature's bytes, not a file. */
function isSignature({ name, holder }: Place): boolean {
  const { sigFormat, when, who } = holder.object;
  return name === 'data' && typeof sigFormat === 'string' && typeof when === 'string' && isPlainObject(who);
}
