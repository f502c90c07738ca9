/** The one place of this function that reads the environment. */
export function heartbeatConfig(): { trailName: string; namespace: string } {
  const { TRAIL_NAME: trailName, METRIC_NAMESPACE: namespace } = process.env;
  if (!trailName) throw new Error('TRAIL_NAME must name the trail');
  if (!namespace) throw new Error('METRIC_NAMESPACE must name where the figures go');
  return { trailName, namespace };
}
