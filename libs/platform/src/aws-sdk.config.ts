/**
 * The AWS SDK warns at each start on Node 20 that its releases of 2027 will need Node 22. The versions here are exact, and
 * the container runs a later Node: whoever raises them reads it in their release notes.
 */
export function silenceNodeVersionWarning(): void {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
}
