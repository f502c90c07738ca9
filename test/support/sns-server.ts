import { type HttpEndpoint, httpEndpoint } from '../infra/http-endpoint.js';

/** A message as it was published. */
export interface PublishedMessage {
  topicArn: string;
  subject: string;
  /** By protocol, of `MessageStructure: json`. */
  texts: Record<string, string>;
  attributes: Record<string, string>;
}

/** SNS, as far as publishing goes, on the loopback address. */
export interface SnsServer {
  readonly endpoint: HttpEndpoint;
  readonly published: PublishedMessage[];
  /** Refuses what comes. */
  isFailing: boolean;
  close(): Promise<void>;
}

/** @see Amazon SNS API Reference, Publish */
export async function startSnsServer(): Promise<SnsServer> {
  const state = { published: [] as PublishedMessage[], isFailing: false };
  const endpoint = await httpEndpoint(({ body }) => {
    const form = new URLSearchParams(body.toString());
    const refused = (code: string) => ({
      status: 400,
      headers: { 'content-type': 'text/xml' },
      body: `<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>${code}</Code><Message>no reason given</Message></Error><RequestId>1</RequestId></ErrorResponse>`,
    });
    if (state.isFailing) return refused('KMSAccessDenied');
    const subject = form.get('Subject') ?? '';
    // The service refuses a subject with a line break, and one of 100 characters or more.
    if (form.get('Action') !== 'Publish' || !/^[\x20-\x7e]{1,99}$/.test(subject))
      return refused('InvalidParameter');
    if (form.get('MessageStructure') !== 'json') return refused('InvalidParameter');
    state.published.push({
      topicArn: form.get('TopicArn') ?? '',
      subject,
      texts: JSON.parse(form.get('Message') ?? '') as Record<string, string>,
      attributes: attributesOf(form),
    });
    return {
      status: 200,
      headers: { 'content-type': 'text/xml' },
      body: '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>',
    };
  });
  return Object.assign(state, { endpoint, close: () => endpoint.close() });
}

function attributesOf(form: URLSearchParams): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (let entry = 1; form.has(`MessageAttributes.entry.${entry}.Name`); entry++) {
    const member = (name: string) => form.get(`MessageAttributes.entry.${entry}.${name}`) ?? '';
    attributes[member('Name')] = member('Value.StringValue');
  }
  return attributes;
}
