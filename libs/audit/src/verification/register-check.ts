import { type KeyObject } from 'node:crypto';
import { type Checkpoint, checkpointDigest, type CheckpointKind, verifyCheckpoint } from '../checkpoint.js';
import { readCheckpoint, seals } from './checkpoint-text.js';
import { eventsFrom, type FindingKind, type Findings } from './findings.js';
import type { RegisterStart } from './register-rows.js';

/** A chain as far as the checkpoints that were walked speak of it. */
export interface ChainState {
  chain: string;
  /** Number of the last event that a checkpoint sealed. */
  sealedThrough: number;
  /** A walk of the newest part does not know it before the first checkpoint that seals. */
  provisional?: true;
  /** Number of the last event that has expired; 0 for none. */
  expiredThrough: number;
  /** The checkpoint that ended it. Behind `closed` nothing follows; behind `abandoned` only what its instance had under way. */
  ended?: { kind: CheckpointKind; number: number };
}

/** A checkpoint as it is stored or exported, whatever it holds. */
export interface FoundCheckpoint {
  text: unknown;
  signature: unknown;
}

/** A checkpoint that the register holds, and what it says of its chain. */
export interface AcceptedCheckpoint {
  checkpoint: Checkpoint;
  chain: ChainState;
  /** Its number of events can be compared with it: it is signed and goes on where the chain was. */
  trusted: boolean;
  /** Events that no checkpoint which is left has sealed come before its own: the first of them. */
  gapFrom?: number;
}

/**
 * Walks the register in order: numbers without gaps, each checkpoint signed and holding the digest of the one before, each
 * chain opened once and its ranges contiguous until it ends. What is not so is named; the walk goes on behind it.
 */
export class RegisterCheck {
  readonly chains = new Map<string, ChainState>();
  verified = 0;
  /** The newest checkpoint that was met. */
  last: { number: number; digest: string; at: string } | undefined;
  #next: number;
  #previous: string | undefined;
  /** The one before was altered, and its neighbour has nothing to add. */
  #previousDoubted = false;

  /**
   * @param start where the walk begins
   */
  constructor(
    private readonly publicKeys: ReadonlyMap<string, KeyObject>,
    private readonly findings: Findings,
    { from, previous }: RegisterStart,
  ) {
    this.from = from;
    this.#next = from;
    this.#previous = previous;
    this.whole = from === 1;
  }

  /** Number of the checkpoint that the walk began with. */
  readonly from: number;
  /** The walk begins at the beginning, so that every chain must be opened in it. */
  readonly whole: boolean;

  /** Number of the checkpoint that comes next. */
  get next(): number {
    return this.#next;
  }

  /**
   * @param number where it stands in the register
   * @returns what it says of its chain; nothing of a text that is no checkpoint
   */
  accept(number: number, { text, signature }: FoundCheckpoint): AcceptedCheckpoint | undefined {
    if (number < this.#next) {
      this.#say('checkpoint-inserted', number, `checkpoint ${number} stands twice in the register`);
      return undefined;
    }
    if (number > this.#next) {
      this.missing(number);
      this.#previous = undefined;
    }
    this.#next = number + 1;
    const checkpoint = readCheckpoint(text);
    if (checkpoint === undefined) {
      this.#say(
        'checkpoint-altered',
        number,
        `checkpoint ${number} was altered: its row holds no checkpoint`,
      );
      this.#remember(number, typeof text === 'string' ? text : '', '', true);
      return undefined;
    }
    const genuine = this.#isGenuine(number, checkpoint, { text: text as string, signature });
    if (genuine) this.#follows(checkpoint);
    this.#remember(number, text as string, checkpoint.at, !genuine);
    if (genuine) this.verified += 1;
    return this.#ofChain(checkpoint, genuine);
  }

  /** Says that checkpoints up to `before` are not there. */
  missing(before: number): void {
    const first = this.#next;
    const last = before - 1;
    const which = first === last ? `checkpoint ${first} was` : `checkpoints ${first} to ${last} were`;
    const neighbour = this.last === undefined ? '' : `: the register goes on after checkpoint ${first - 1}`;
    this.#say('checkpoint-removed', first, `${which} removed${neighbour}`);
    this.#next = before;
  }

  #remember(number: number, text: string, at: string, doubted: boolean): void {
    const digest = checkpointDigest(text);
    this.#previous = digest;
    this.#previousDoubted = doubted;
    this.last = { number, digest, at };
  }

  #isGenuine(number: number, checkpoint: Checkpoint, found: { text: string; signature: unknown }): boolean {
    const { at, keyId } = checkpoint;
    const key = this.publicKeys.get(keyId);
    if (key === undefined) {
      this.#say(
        'checkpoint-altered',
        number,
        `checkpoint ${number} of ${at} is signed with a key that is not the service's`,
      );
      return false;
    }
    if (typeof found.signature !== 'string' || !isSigned(checkpoint, found.text, found.signature, key)) {
      this.#say(
        'checkpoint-altered',
        number,
        `checkpoint ${number} of ${at} was altered: its signature does not fit its text`,
      );
      return false;
    }
    if (checkpoint.number === number) return true;
    this.#say(
      'checkpoint-altered',
      number,
      `checkpoint ${number} was replaced by checkpoint ${checkpoint.number} of ${at}`,
    );
    return false;
  }

  #follows({ number, previous, at }: Checkpoint): void {
    if (this.#previous === undefined || this.#previousDoubted || previous === this.#previous) return;
    this.#say(
      'checkpoint-altered',
      number - 1,
      number === 1
        ? `checkpoint 1 of ${at} was not the first: checkpoints before it were removed`
        : `checkpoint ${number - 1} was replaced: checkpoint ${number} of ${at} holds the digest of another text`,
    );
  }

  #ofChain(checkpoint: Checkpoint, genuine: boolean): AcceptedCheckpoint | undefined {
    const { chain: name, kind, first, last } = checkpoint;
    if (!genuine) {
      // Its numbers are anybody's: they are used to find the place again, not to judge by.
      const known = this.chains.get(name);
      if (known === undefined) return undefined;
      if (seals(checkpoint) && first === known.sealedThrough + 1) known.sealedThrough = last;
      return { checkpoint, chain: known, trusted: false };
    }
    if (kind === 'opened') return this.#open(checkpoint);
    const chain = this.#chain(checkpoint);
    if (kind === 'expired')
      return { checkpoint, chain, trusted: last <= chain.sealedThrough && this.#expires(checkpoint, chain) };
    return this.#seal(checkpoint, chain);
  }

  #open(checkpoint: Checkpoint): AcceptedCheckpoint {
    const { chain: name, number, at } = checkpoint;
    const known = this.chains.get(name);
    if (known !== undefined) {
      this.#say(
        'checkpoint-inserted',
        number,
        `checkpoint ${number} of ${at} opens chain ${name} a second time`,
        name,
      );
      return { checkpoint, chain: known, trusted: false };
    }
    const chain: ChainState = { chain: name, sealedThrough: 0, expiredThrough: 0 };
    this.chains.set(name, chain);
    return { checkpoint, chain, trusted: true };
  }

  #chain(checkpoint: Checkpoint): ChainState {
    const { chain: name, first, number, at, kind } = checkpoint;
    const known = this.chains.get(name);
    if (known !== undefined) return known;
    const sealedThrough = kind === 'expired' ? checkpoint.last : first - 1;
    const chain: ChainState = { chain: name, sealedThrough, expiredThrough: 0, provisional: true };
    this.chains.set(name, chain);
    if (this.whole) {
      delete chain.provisional;
      chain.sealedThrough = 0;
      this.#say(
        'chain-unregistered',
        number,
        `chain ${name} was never opened: checkpoint ${number} of ${at} is the first to name it`,
        name,
      );
    }
    return chain;
  }

  #expires({ first, last }: Checkpoint, chain: ChainState): boolean {
    // One that was killed between this checkpoint and the removal says it again.
    if (first > chain.expiredThrough + 1 && this.whole) return false;
    chain.expiredThrough = Math.max(chain.expiredThrough, last);
    return true;
  }

  #seal(checkpoint: Checkpoint, chain: ChainState): AcceptedCheckpoint {
    const { first, last, number, at, kind } = checkpoint;
    const { chain: name, ended } = chain;
    if (ended?.kind === 'closed') {
      this.#say(
        'checkpoint-inserted',
        number,
        `checkpoint ${number} of ${at} goes on with chain ${name}, which checkpoint ${ended.number} had closed`,
        name,
      );
    }
    if (kind !== 'sealed' && ended?.kind !== 'closed') chain.ended = { kind, number };
    const expected = chain.provisional === true ? first : chain.sealedThrough + 1;
    delete chain.provisional;
    if (first < expected) {
      this.#say(
        'checkpoint-inserted',
        number,
        `checkpoint ${number} of ${at} seals ${eventsFrom(first, last)} of chain ${name} a second time`,
        name,
      );
      return { checkpoint, chain, trusted: false };
    }
    if (first > expected) {
      this.#say(
        'checkpoint-removed',
        number,
        `${eventsFrom(expected, first - 1)} of chain ${name} ${expected === first - 1 ? 'is' : 'are'} sealed by no checkpoint that is left: checkpoint ${number} of ${at} goes on behind`,
        name,
      );
    }
    chain.sealedThrough = last;
    return { checkpoint, chain, trusted: true, ...(first > expected ? { gapFrom: expected } : {}) };
  }

  #say(kind: FindingKind, checkpoint: number, message: string, chain?: string): void {
    this.findings.add({ kind, message, checkpoint, ...(chain === undefined ? {} : { chain }) });
  }
}

/** A signature that is no DER makes the library throw or say no: both mean no. */
function isSigned(checkpoint: Checkpoint, text: string, signature: string, key: KeyObject): boolean {
  try {
    return verifyCheckpoint({ checkpoint, text, signature }, key);
  } catch {
    return false;
  }
}
