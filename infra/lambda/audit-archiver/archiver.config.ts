/** The one place of this function that reads the environment. */
export function archiverConfig(): { bucket: string } {
  const bucket = process.env['ARCHIVE_BUCKET'];
  if (bucket === undefined || bucket === '') throw new Error('ARCHIVE_BUCKET must name the archive bucket');
  return { bucket };
}
