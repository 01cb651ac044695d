/** ICE servers as Link headers (RFC 9725 §4.6). */

export interface IceServer {
  /** stun:, turn: or turns: URIs (RFC 7064, RFC 7065). */
  readonly urls: readonly string[];
  readonly username?: string;
  readonly credential?: string;
}

/** One Link value per URI: `<turn:…>; rel="ice-server"; username="…"; credential="…"; credential-type="password"`. */
export function formatIceServerLinks(servers: readonly IceServer[]): string[] {
  return servers.flatMap(({ urls, username, credential }) =>
    urls.map((url) => {
      const parameters = ['rel="ice-server"'];
      if (username !== undefined) parameters.push(`username=${quote(username)}`);
      if (credential !== undefined)
        parameters.push(`credential=${quote(credential)}`, 'credential-type="password"');
      return [`<${encodeURI(url)}>`, ...parameters].join('; ');
    }),
  );
}

/** A quoted-string (RFC 9110 §5.6.4); what a header cannot carry is dropped. */
function quote(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]/g, '').replace(/["\\]/g, '\\$&')}"`;
}
