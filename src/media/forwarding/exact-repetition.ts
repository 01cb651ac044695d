import { headerExtensionUri, type SendParameters } from '../rtp-parameters.ts';

/**
 * Whether some packets are sent again as they were, as their codec has NACK but no RTX: protected by the same
 * SRTP index they must not differ (RFC 7714 §8.4), so nothing in them may depend on time.
 */
export function repeatsExactly({ codecs, rtxSsrc }: SendParameters): boolean {
  return codecs.some(
    ({ feedback, rtxPayloadType }) => feedback.includes('nack') && (rtxSsrc < 0 || rtxPayloadType < 0),
  );
}

/** Extensions that differ each time a packet is sent. */
const timeDependentUris: readonly string[] = [
  headerExtensionUri.absSendTime,
  headerExtensionUri.transportWideCc,
];

/** The extensions written for a receiver. */
export function sentExtensions(parameters: SendParameters): SendParameters['headerExtensions'] {
  if (!repeatsExactly(parameters)) return parameters.headerExtensions;
  return parameters.headerExtensions.filter(({ uri }) => !timeDependentUris.includes(uri));
}
