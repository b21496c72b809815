import { masked } from '../catalog/credential.ts';

/**
 * A URL with user and password, and the values of parameters that look like secrets, replaced by `***`. Works on text that is no
 * valid URL too, so that nothing slips through for being malformed.
 */
export function maskUrl(url: string): string {
  return url
    .replace(/\/\/[^/?#]*@/, `//${masked}@`)
    .replace(/([?&][^=&#]*(?:pass|pwd|secret|token|key|auth|sig)[^=&#]*=)[^&#]*/gi, `$1${masked}`);
}
