import type { ComplianceChange, Notice } from './alert-input.js';

/** Where the details are: behind the sign-in of the console, not in a mail. */
const consoleOf = (region: string, service: string) =>
  `https://${region}.console.aws.amazon.com/${service}/home?region=${region}`;

/** @returns the rule and what breaks it */
export const ruleLink = ({ region, ruleName }: ComplianceChange): string =>
  `${consoleOf(region, 'config')}#/rules/details?configRuleName=${encodeURIComponent(ruleName)}`;

/** @returns the history of the resource */
export const resourceLink = ({ region, resourceType, resourceId }: ComplianceChange): string =>
  `${consoleOf(region, 'config')}#/resources/timeline?resourceId=${encodeURIComponent(resourceId)}&resourceType=${encodeURIComponent(resourceType)}`;

/** @returns what the notice names, or the event in the trail */
export const noticeLink = ({ link, region, eventId }: Notice): string =>
  link ?? `${consoleOf(region, 'cloudtrailv2')}#/events/${encodeURIComponent(eventId)}`;
