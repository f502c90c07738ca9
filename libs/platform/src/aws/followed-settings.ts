import {
  type JwtTokenVerifier,
  type Principal,
  type RevokedTokens,
  TokenVerifier,
} from '@app/authentication';
import type { PhiConfig } from '@app/configuration';
import {
  type BedrockPiiDetector,
  type Detection,
  type DetectionScope,
  LocalPiiDetector,
  openBedrockDetector,
  PiiDetector,
  type PiiFinding,
} from '@app/pii-screening';
import { issuerAtHand, issuerVerifier } from '../issuer-verifier.js';
import type { AwsSettings } from './aws-settings.js';

/** What is made of the settings that can change: one is used until the other is ready. */
interface Made {
  settings: AwsSettings;
  verifier: JwtTokenVerifier;
  detector: PiiDetector;
}

/** The settings of the deployment, and what is made of them, while the process runs. */
export class FollowedSettings {
  /** Closed with the platform: what was asked of one goes on when another has taken its place. */
  readonly #detectors: BedrockPiiDetector[] = [];
  #made!: Made;

  private constructor(
    private readonly config: PhiConfig,
    private readonly revoked: RevokedTokens,
    private readonly read: () => Promise<AwsSettings>,
  ) {}

  /** @throws ConfigurationError that names what is missing or wrong */
  static async open(
    config: PhiConfig,
    revoked: RevokedTokens,
    read: () => Promise<AwsSettings>,
  ): Promise<FollowedSettings> {
    const followed = new FollowedSettings(config, revoked, read);
    followed.#made = await followed.#make(await read(), undefined);
    return followed;
  }

  get current(): AwsSettings {
    return this.#made.settings;
  }

  get verifier(): JwtTokenVerifier {
    return this.#made.verifier;
  }

  get detector(): PiiDetector {
    return this.#made.detector;
  }

  /** Reads them again; when anything is missing or wrong, all that was good stays. @throws as `open` */
  async refresh(): Promise<void> {
    this.#made = await this.#make(await this.read(), this.#made);
  }

  close(): void {
    for (const detector of this.#detectors) detector.close();
  }

  async #make(settings: AwsSettings, before: Made | undefined): Promise<Made> {
    const isSame = (pick: (of: AwsSettings) => unknown) =>
      before !== undefined && JSON.stringify(pick(before.settings)) === JSON.stringify(pick(settings));
    return {
      settings,
      // A new one has verified nothing yet: a token of a key that was taken away is refused from here on.
      verifier:
        before && isSame(({ issuer, jwks }) => [issuer, jwks])
          ? before.verifier
          : this.#newVerifier(settings),
      detector:
        before && isSame(({ bedrock }) => bedrock) ? before.detector : await this.#openDetector(settings),
    };
  }

  #newVerifier(settings: AwsSettings): JwtTokenVerifier {
    const atHand = issuerAtHand(this.config, settings, 'the parameter oidc-jwks');
    return issuerVerifier(this.config, atHand, this.revoked);
  }

  async #openDetector({ bedrock }: AwsSettings): Promise<PiiDetector> {
    const local = new LocalPiiDetector();
    if (bedrock === undefined) return local;
    const onFailure = this.config.PHI_SCREENING_ON_FAILURE;
    const detector = await openBedrockDetector({ ...bedrock, onFailure }, local);
    this.#detectors.push(detector);
    return detector;
  }
}

/** Verifies with the issuer's keys of this moment. */
export class FollowedTokenVerifier extends TokenVerifier {
  constructor(private readonly settings: FollowedSettings) {
    super();
  }

  override verify(token: string): Promise<Principal> {
    return this.settings.verifier.verify(token);
  }
}

/** Asks the guardrail and the model of this moment. */
export class FollowedPiiDetector extends PiiDetector {
  constructor(private readonly settings: FollowedSettings) {
    super();
  }

  /** Of Bedrock, where it is asked. */
  get figures(): BedrockPiiDetector['figures'] | undefined {
    return (this.settings.detector as Partial<BedrockPiiDetector>).figures;
  }

  override detect(text: string, scope?: DetectionScope): Promise<PiiFinding[]> {
    return this.settings.detector.detect(text, scope);
  }

  override detectAll(texts: readonly string[], scope?: DetectionScope): Promise<PiiFinding[][]> {
    return this.settings.detector.detectAll(texts, scope);
  }

  override examine(texts: readonly string[], scope?: DetectionScope): Promise<Detection> {
    return this.settings.detector.examine(texts, scope);
  }
}
