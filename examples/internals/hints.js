/** What to do about a connection that failed, by its reason code; docs/networking.md says more. */

/** @type {Record<string, string>} */
export const hints = {
  ERR_ICE_GATHER:
    'No local address could be used: look at networkInterfaces, and whether TURN can be reached.',
  ERR_ICE_PORTS_EXHAUSTED:
    'The port range is used up: widen portRange. A connection needs one port per address.',
  ERR_ICE_FAILED:
    'No pair of candidates worked: checks were sent and nothing came back. Packets are dropped on the way: is the UDP range open, is announcedAddress right, is there a TURN server for clients behind strict firewalls?',
  ERR_ICE_CONSENT_LOST:
    'The peer was there and stopped answering: it lost its network, or closed without saying so.',
  ERR_CONNECT_TIMEOUT: 'It took too long; the detail names the stage. In ICE: as with ERR_ICE_FAILED.',
  ERR_DTLS_FINGERPRINT:
    'The certificate is not the one that the SDP names: somebody changed the SDP, or is in between.',
  ERR_DTLS_CERTIFICATE: 'The peer showed no certificate.',
  ERR_DTLS_HANDSHAKE: 'The DTLS handshake was refused; the detail has the alert.',
  ERR_DTLS_TIMEOUT:
    'ICE works, yet DTLS gets no answer: large packets may be lost on the way (MTU), or the peer is gone.',
  ERR_SRTP_PROFILE: 'The peer knows none of our SRTP profiles.',
  ERR_INTERNAL: 'A fault of the server, or it is out of memory: see its log.',
}
