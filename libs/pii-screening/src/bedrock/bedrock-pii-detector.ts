import type { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { Problem, problemTypes } from '@app/problem-details';
import { bulkhead } from 'cockatiel';
import { type DetectionScope, everyIdentifier } from '../detection-scope.js';
import { LocalPiiDetector } from '../local-pii-detector.js';
import { type Detection, PiiDetector } from '../pii-detector.js';
import type { PiiFinding } from '../pii-types.js';
import { strongSuffixes } from '../rules/address-words.js';
import { bedrockClient } from './bedrock-client.js';
import { BedrockFailure } from './bedrock-failure.js';
import { type BedrockFigures, BedrockMetrics } from './bedrock-metrics.js';
import {
  type BedrockOptions,
  type ResolvedBedrockOptions,
  resolveBedrockOptions,
} from './bedrock-options.js';
import { applyGuardrail, guardrailPageUnits, guardrailRule } from './guardrail-pass.js';
import { MaskedText } from './masked-text.js';
import { mergeFindings } from './merged-findings.js';
import { askModel, modelPageUnits, modelRule } from './model-pass.js';
import type { Quoted } from './quoted.js';
import { ServiceCalls } from './service-calls.js';
import { type AtBarrier, type TextPage, paginate } from './text-page.js';

/** What a caller is told to wait at least after a refusal, seconds. */
const leastRetryAfterSeconds = 5;

/** A finding and the text that it is in. */
interface Placed {
  readonly text: number;
  readonly finding: PiiFinding;
}

/**
 * The local detector, then a Bedrock Guardrail on what it masked, then Claude on what both masked. Each pass adds
 * findings and none takes any away, so that nothing a text says to the model can unmask what was found before.
 *
 * If Bedrock does not answer, the methods throw the Problem `screening-unavailable` with `Retry-After`. With `onFailure:
 * 'local-only'`, `examine` answers what was found without it, marked `degraded`; `detect` and `detectAll` have no place
 * for the mark and throw all the same.
 */
export class BedrockPiiDetector extends PiiDetector {
  private readonly options: ResolvedBedrockOptions;
  private readonly client: BedrockRuntimeClient;
  private readonly metrics = new BedrockMetrics();
  private readonly guardrail: ServiceCalls;
  private readonly model: ServiceCalls;

  /** @throws ConfigurationError that names every wrong option */
  constructor(
    options: BedrockOptions,
    private readonly local: PiiDetector = new LocalPiiDetector(),
  ) {
    super();
    this.options = resolveBedrockOptions(options);
    this.client = bedrockClient(this.options);
    const { timeouts, limits } = this.options;
    this.guardrail = new ServiceCalls('guardrail', timeouts.guardrailMs, limits, this.metrics.guardrail);
    this.model = new ServiceCalls('model', timeouts.modelMs, limits, this.metrics.model);
  }

  /** Counts and times since the start, by service. */
  get figures(): BedrockFigures {
    return this.metrics.figures();
  }

  /** Ends open connections. */
  close(): void {
    this.client.destroy();
  }

  override async detect(text: string, scope?: DetectionScope): Promise<PiiFinding[]> {
    const [findings = []] = await this.detectAll([text], scope);
    return findings;
  }

  override async detectAll(texts: readonly string[], scope?: DetectionScope): Promise<PiiFinding[][]> {
    return (await this.read(texts, scope, 'reject')).findings;
  }

  /** @throws Problem `screening-unavailable` if Bedrock does not answer and `onFailure` is `reject` */
  override examine(texts: readonly string[], scope?: DetectionScope): Promise<Detection> {
    return this.read(texts, scope, this.options.onFailure);
  }

  private async read(
    texts: readonly string[],
    scope: DetectionScope = everyIdentifier,
    onFailure: BedrockOptions['onFailure'],
  ): Promise<Detection> {
    // Texts of one request repeat: codes, units, a string read with its name and without.
    const unique = [...new Set(texts)];
    const found = new ScreenedTexts(unique, scope, await this.local.detectAll(unique, scope));
    const failure = scope.types.size === 0 ? undefined : await this.askBedrock(found, scope);
    if (failure !== undefined) this.failed(failure, onFailure);
    const answered = found.answered();
    const byText = new Map(unique.map((text, position) => [text, answered[position] ?? []]));
    return { findings: texts.map((text) => [...(byText.get(text) ?? [])]), degraded: failure !== undefined };
  }

  /** @returns why Bedrock did not read everything, if it did not */
  private async askBedrock(found: ScreenedTexts, scope: DetectionScope): Promise<BedrockFailure | undefined> {
    const request = new AbortController();
    const overall = setTimeout(
      () => request.abort(new BedrockFailure('request', 'deadline')),
      this.options.timeouts.overallMs,
    );
    try {
      // A wait for a place or between retries does not end with the signal by itself.
      await Promise.race([this.passes(found, scope, request.signal), failureAtEndOf(request.signal)]);
      return undefined;
    } catch (error) {
      if (error instanceof BedrockFailure) return error;
      throw error;
    } finally {
      clearTimeout(overall);
      request.abort();
    }
  }

  private async passes(found: ScreenedTexts, scope: DetectionScope, request: AbortSignal): Promise<void> {
    found.add(await this.guardrailPass(found.masked(), request));
    found.add(await this.modelPass(found.masked(), scope, request));
  }

  private async guardrailPass(texts: readonly MaskedText[], request: AbortSignal): Promise<Placed[]> {
    return this.onEachPage(paginate(texts, guardrailPageUnits), request, async (page) => {
      const quotes = await this.guardrail.run(
        (signal) => applyGuardrail(this.client, this.options, page.text, signal),
        request,
      );
      const { placed, missing } = locateAll(page, quotes, 'clip');
      if (missing === 0) return placed;
      // The guardrail saw an identifier and it is not known where: letting the text pass would keep it.
      this.metrics.unlocatedMatches += missing;
      const failure = new BedrockFailure('guardrail', 'incomplete');
      this.metrics.guardrail.failed(failure.kind);
      throw failure;
    });
  }

  private async modelPass(
    texts: readonly MaskedText[],
    scope: DetectionScope,
    request: AbortSignal,
  ): Promise<Placed[]> {
    return this.onEachPage(paginate(texts, modelPageUnits), request, async (page) => {
      const quotes = await this.model.run(
        (signal) => askModel(this.client, this.options, page.text, scope, signal),
        request,
      );
      const { placed, missing } = locateAll(page, quotes, 'drop');
      this.metrics.droppedSubstrings += missing;
      return placed;
    });
  }

  private async onEachPage(
    pages: readonly TextPage[],
    request: AbortSignal,
    read: (page: TextPage) => Promise<Placed[]>,
  ): Promise<Placed[]> {
    const turns = bulkhead(this.options.limits.concurrentCallsPerRequest, Number.POSITIVE_INFINITY);
    const placed = await Promise.all(pages.map((page) => turns.execute(() => read(page), request)));
    return placed.flat();
  }

  private failed(failure: BedrockFailure, onFailure: BedrockOptions['onFailure']): void {
    if (onFailure === 'local-only') {
      this.metrics.degradedRequests++;
      return;
    }
    this.metrics.rejectedRequests++;
    const breakers = [this.guardrail, this.model].map(({ retryAfterSeconds }) => retryAfterSeconds);
    throw new Problem(problemTypes.screeningUnavailable, {
      cause: failure,
      headers: { 'retry-after': String(Math.max(leastRetryAfterSeconds, ...breakers)) },
    });
  }
}

/** The texts of one request and what was found in them so far. */
class ScreenedTexts {
  constructor(
    private readonly texts: readonly string[],
    private readonly scope: DetectionScope,
    private findings: readonly (readonly PiiFinding[])[],
  ) {}

  masked(): MaskedText[] {
    return this.texts.map((text, position) => new MaskedText(text, this.findings[position] ?? []));
  }

  add(placed: readonly Placed[]): void {
    const together = this.findings.map((known) => [...known]);
    for (const { text, finding } of placed) together[text]?.push(finding);
    this.findings = together.map((findings, position) =>
      mergeFindings(findings, (finding) => this.isAskedFor(position, finding)),
    );
  }

  /** Everything that was found is masked for the next pass; what the scope does not ask for is not answered. */
  answered(): PiiFinding[][] {
    return this.findings.map((findings, position) =>
      findings.filter((finding) => this.isAskedFor(position, finding)),
    );
  }

  private isAskedFor(position: number, { type, rule, start, end }: PiiFinding): boolean {
    if (!this.scope.types.has(type)) return false;
    // The local detector knows the scope itself.
    if (type !== 'ADDRESS' || this.scope.bareLocations || !servicesRules.has(rule)) return true;
    return !isBareLocation(this.texts[position]?.slice(start, end) ?? '');
  }
}

const servicesRules: ReadonlySet<string> = new Set([guardrailRule, modelRule]);

/** A town or a facility, without a house number, a street, a box, a ZIP code or a state beside it. */
function isBareLocation(text: string): boolean {
  const words = text.toLowerCase().split(/[^\p{L}]+/u);
  return !/\d|,\s*[A-Z]{2}\b/.test(text) && !words.some((word) => word === 'box' || strongSuffixes.has(word));
}

/** @returns a promise that is rejected with the request's reason when it is aborted */
function failureAtEndOf(request: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    request.addEventListener('abort', () => reject(request.reason), { once: true });
  });
}

/** A service may quote a string once for each place: every place is found with the first. */
function locateAll(page: TextPage, quotes: readonly Quoted[], atBarrier: AtBarrier) {
  const unique = new Map(quotes.map((quote) => [`${quote.type} ${quote.text}`, quote]));
  const placed: Placed[] = [];
  let missing = 0;
  for (const { text: quoted, type, confidence, rule } of unique.values()) {
    const spans = page.locate(quoted, atBarrier);
    if (spans === undefined) missing++;
    for (const { text, start, end } of spans ?? []) {
      placed.push({ text, finding: { type, start, end, confidence, rule } });
    }
  }
  return { placed, missing };
}
