const PRINTABLE = /^[\x20-\x7e]+$/;

/** Returns a media type without its parameters. */
export const essenceOf = (mediaType: string): string => mediaType.split(';')[0]!.trim().toLowerCase();

/** Returns whether a media type is JSON (RFC 6839, section 3.1). A media range that includes JSON counts as JSON. */
export function isJson(mediaType: string): boolean {
  const essence = essenceOf(mediaType);
  return (
    (PRINTABLE.test(mediaType) && ['application/json', 'application/*', '*/*'].includes(essence)) ||
    essence.endsWith('+json')
  );
}
