const PRINTABLE = /^[\x20-\x7e]+$/;

/** A media type without its parameters. */
export const essenceOf = (mediaType: string): string => mediaType.split(';')[0]!.trim().toLowerCase();

/** RFC 6839, section 3.1. A range of types that contains JSON is answered with JSON. */
export function isJson(mediaType: string): boolean {
  const essence = essenceOf(mediaType);
  return (
    (PRINTABLE.test(mediaType) && ['application/json', 'application/*', '*/*'].includes(essence)) ||
    essence.endsWith('+json')
  );
}
