import { Injectable, Inject } from '@nestjs/common';
import { CursorCipher } from '@app/encryption';
import { type Caller } from '@app/patient-records';

/** A cursor is for going on reading, not for keeping. */
const cursorLifeSeconds = 60 * 60;

/** Cursors leave the service encrypted, and come back only to the same caller, route and filter. */
@Injectable()
export class Cursors {
  constructor(@Inject(CursorCipher) private readonly cipher: CursorCipher) {}

  seal(position: string | undefined, caller: Caller, route: string, filter: unknown): string | undefined {
    if (position === undefined) return undefined;
    return this.cipher.seal(position, binding(caller, route, filter), nowSeconds() + cursorLifeSeconds);
  }

  /** @throws Problem `invalid-cursor` */
  open(cursor: string | undefined, caller: Caller, route: string, filter: unknown): string | undefined {
    return cursor === undefined
      ? undefined
      : this.cipher.open(cursor, binding(caller, route, filter), nowSeconds());
  }
}

const nowSeconds = () => Math.floor(Date.now() / 1000);

function binding({ principal }: Caller, route: string, filter: unknown): string[] {
  return [principal.issuer, principal.subject, route, JSON.stringify(filter)];
}
