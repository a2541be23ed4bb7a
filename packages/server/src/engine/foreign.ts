/**
 * Lines of other protocols. A client that speaks one was led here, or hopes that we skip what we do not know and obey the SMTP in the body of its
 * request (cross-protocol attacks): its session ends at once.
 */

const REQUEST = /^(?:GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH|PROPFIND|INVITE|REGISTER|SUBSCRIBE|DESCRIBE)(?:[ \t]|$)/iu;
/** The end of a request line, or the beginning of a status line, of HTTP and its relatives. */
const VERSION = /(?:^|[ \t])(?:HTTP|SIP|RTSP|ICAP)\/\d/iu;
/** Headers that browsers and tools send first, when the request line itself was lost. */
const HEADER = /^(?:Host|User-Agent|Content-Length|Via|Upgrade):/iu;
const SSH = /^SSH-\d/u;
/** A load balancer that was pointed at a socket without PROXY protocol. */
const PROXY = /^PROXY(?:[ \t]|$)/u;

/** True for a line that no mail client says. */
export function isForeignLine(text: string): boolean {
  return [REQUEST, VERSION, HEADER, SSH, PROXY].some((pattern) => pattern.test(text));
}

/** True for an octet with which no line of SMTP begins: TLS, RDP, SMB, LDAP and random octets do. */
export function isForeignOctet(octet: number): boolean {
  return octet >= 0x7f || (octet < 0x20 && octet !== 0x09 && octet !== 0x0a && octet !== 0x0d);
}
